"""Running a model: segments, memo cache, executor, metrics, the engine and its process."""

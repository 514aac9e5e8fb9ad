"""The model as a graph of cards: where one finds a tensor and sees where the error grows."""

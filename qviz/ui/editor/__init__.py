"""The tensor editor: a histogram, its clip range under two handles, and the error curve below."""

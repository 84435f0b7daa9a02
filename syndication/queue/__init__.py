"""The queue of texts to read: which ones are asked for, in what order, how many there are."""

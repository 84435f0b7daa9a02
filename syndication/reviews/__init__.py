"""Reviews after they have been received: counted or held back, rewritten or withdrawn by their authors."""

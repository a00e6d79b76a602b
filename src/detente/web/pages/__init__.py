"""One module for each desk: what its page shows, and the acts its forms give to the house."""

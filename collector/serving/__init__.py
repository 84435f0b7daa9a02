"""How this server meets the network: what a connection may take, how many are held, which one goes first. Alone or
within the hub, it is the same one; it needs nobody in front to be safe from slow and greedy clients."""

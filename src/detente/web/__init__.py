"""The operations centre in the browser: pages over what the house answers, live updates, the map. It decides nothing.

One process of the node, on loopback. It holds no key of the node and opens neither store's private part: it asks the house
over the control line, as the commands do.
"""

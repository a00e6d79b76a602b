"""One party's memory: its ledgers, its copies of the others', the conversation with them, and what holds."""

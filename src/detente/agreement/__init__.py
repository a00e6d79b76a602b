"""What was agreed: the language, its checks, and the judge, the only place that decides."""

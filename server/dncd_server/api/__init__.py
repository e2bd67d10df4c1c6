"""gRPC: a servicer a file. Requests are taken apart, the rooms below are asked, answers are put together."""

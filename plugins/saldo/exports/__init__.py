"""What leaves Saldo: files of purchase documents, and a register that knows which version of what is in which."""

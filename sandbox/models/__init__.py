"""The Titanic models the sandbox registers, and the script that trained them."""

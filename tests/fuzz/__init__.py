"""Coverage-guided fuzzing of the readers. The corpus is kept beside it and grows with what is found."""

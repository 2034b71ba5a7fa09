"""What the source document asks, one module per question: parameters in, an assessment out."""

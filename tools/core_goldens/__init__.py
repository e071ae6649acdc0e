"""What other packages compute for the tests of headlens's core rooms."""

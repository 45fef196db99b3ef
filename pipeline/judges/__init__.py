"""Language models as judges of answers: what they are asked, how they are reached, what their replies are worth."""

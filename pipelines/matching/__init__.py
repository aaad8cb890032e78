"""The parts of the matching step: the item index, evidence, explanations, assignment."""

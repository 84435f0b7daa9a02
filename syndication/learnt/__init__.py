"""What the service learnt from its own decisions: trained by night, kept, used to order the queue and to suggest."""

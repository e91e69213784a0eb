//! KMS key policies: what they say, what they mean, and what can be proved of them.

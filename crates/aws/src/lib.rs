//! AWS as it is: who we are there, which accounts and regions there are, and what is known of every key.

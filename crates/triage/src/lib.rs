//! What is to be done about a finding, decided from data alone.

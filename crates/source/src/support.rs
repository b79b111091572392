//! Small helpers that several decoders share.

//! Measures how well `vires` decides.

#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| vires_fuzz::config(data));

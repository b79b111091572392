#![no_main]
#[path = "../src/scenarios.rs"]
mod scenarios;
libfuzzer_sys::fuzz_target!(|data: &[u8]| scenarios::scenario(data));

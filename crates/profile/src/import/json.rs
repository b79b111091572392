//! JSON files, with errors at their place.

use super::Input;
use super::labels::Labels;
use crate::toml_file::FileError;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a whole JSON file. Depth is limited by the reader.
pub fn read<T: DeserializeOwned>(input: &Input<'_>) -> Result<T, FileError> {
    serde_json::from_str(input.text).map_err(|error| {
        // The message of the reader ends in the place, which stands in front already.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_string();
        FileError::new(input.name, error.line(), format!("not the JSON that was expected: {message}"))
    })
}

/// Text under a key.
pub fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// The items under a key; none if there is no list.
pub fn items<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Adds the texts of an object `{"key": "value"}` to labels.
pub fn labels(value: Option<&Value>, into: &mut Labels) {
    for (key, value) in value.and_then(Value::as_object).into_iter().flatten() {
        if let Some(text) = value.as_str() {
            into.push(key, text);
        }
    }
}

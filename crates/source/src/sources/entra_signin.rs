use crate::Hints;
use crate::json::Value;
use vires_event::Activity;

pub(crate) fn detect(_record: Value<'_>) -> bool {
    false
}

pub(crate) fn decode<'a>(_record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    None
}

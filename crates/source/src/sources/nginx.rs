use crate::TextLine;
use vires_event::Activity;

pub(crate) fn decode<'a>(_line: &TextLine<'a>) -> Option<Activity<'a>> {
    None
}

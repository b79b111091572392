//! Tells of a line of known shape that it touches nothing sensitive, and nothing else: for who asks for sensitive lines alone and
//! does not want the others counted.
//!
//! Three things make a line sensitive: its action, a name in its request, and a credential or an alarming user agent anywhere. Which
//! action never is, whatever the rest of the record says, is asked of the catalogue once. The rest is looked for in the texts as they
//! stand; whatever is found there, and whatever is not clear, goes on as if nobody had asked here: a line is refused too seldom, never
//! wrongly.

use super::plan::Plan;
use crate::classify::Classifier;
use crate::literals::Literals;
use crate::memo::Cache;
use crate::resource::Texts;
use crate::tags::TELLING;
use aho_corasick::BuildError;
use vires_source::cloudtrail::request;
use vires_source::json::Shaped;

/// What makes a line sensitive, beside its action.
#[derive(Debug)]
pub(super) struct Refusal {
    /// What credentials and alarming user agents hold.
    alarming: Literals,
    /// Of each alarming name the longest part without a slash, in lower case: slashes may come from putting a name together.
    names: Literals,
}

/// What is known of actions by source and name.
#[derive(Debug, Default)]
pub(super) struct Actions {
    known: Cache<Action, 1024>,
    /// Of those that depend on the record, by its shape too: those that are calm in all records of the shape.
    calm: Cache<(), 1024>,
}

/// Whether an action is a sensitive one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Never,
    /// Where the record says something that makes it one.
    Sometimes,
    Always,
}

impl Actions {
    /// Notes that no record of a shape makes a sensitive action of this one, to which `key` leads.
    pub(super) fn note_calm(&mut self, shaped: &Shaped<'_, '_>, plan: &Plan, key: &mut Vec<u8>) {
        write_key(shaped, plan, key);
        write_shape(shaped, key);
        if self.calm.get(key).is_none() {
            self.calm.put(key, ());
        }
    }

    /// True if the line's action may be a sensitive one.
    #[inline]
    fn may_be_telling(&mut self, shaped: &Shaped<'_, '_>, plan: &Plan, classifier: &Classifier, key: &mut Vec<u8>) -> bool {
        write_key(shaped, plan, key);
        match self.known.get_or(key, || action(shaped, plan, classifier)) {
            Action::Never => false,
            Action::Sometimes => {
                write_shape(shaped, key);
                self.calm.get(key).is_none()
            }
            Action::Always => true,
        }
    }
}

fn action(shaped: &Shaped<'_, '_>, plan: &Plan, classifier: &Classifier) -> Action {
    let (source, name) = (shaped.text(plan.event_source), shaped.text(plan.event_name));
    // Of a target only what stands behind the service is looked at, which the first colon tells.
    if source.len() > MAX_NAME || name.len() > MAX_NAME || source.contains(':') {
        return Action::Always;
    }
    match classifier.severities(&request(source, name)) {
        (_, highest) if highest < TELLING => Action::Never,
        (lowest, _) if lowest < TELLING => Action::Sometimes,
        _ => Action::Always,
    }
}

fn write_key(shaped: &Shaped<'_, '_>, plan: &Plan, key: &mut Vec<u8>) {
    key.clear();
    key.extend_from_slice(shaped.bytes(plan.event_source));
    // Places hold ASCII without control characters.
    key.push(b'\n');
    key.extend_from_slice(shaped.bytes(plan.event_name));
}

fn write_shape(shaped: &Shaped<'_, '_>, key: &mut Vec<u8>) {
    key.push(b'\n');
    key.extend_from_slice(&shaped.id.0.to_le_bytes());
    key.extend_from_slice(&shaped.id.1.to_le_bytes());
}

/// Longer ones are cut before they are looked up.
const MAX_NAME: usize = 256;

impl Refusal {
    /// `None` if the catalogue marks what stands everywhere.
    pub(super) fn new(classifier: &Classifier) -> Result<Option<Self>, BuildError> {
        let catalog = classifier.catalog();
        let agents = catalog.user_agents().iter().filter(|row| row.severity >= TELLING).map(|row| row.substring.as_str());
        let alarming: Vec<&str> = crate::leak::literals(catalog).map(|(_, literal)| literal).chain(agents).collect();
        let markers = catalog.resources().iter().filter(|row| row.severity >= TELLING);
        let part = |marker: &str| marker.split('/').max_by_key(|part| part.len()).unwrap_or_default().to_ascii_lowercase();
        let names: Vec<String> = markers.map(|row| part(&row.marker)).collect();
        if alarming.contains(&"") || names.iter().any(String::is_empty) {
            return Ok(None);
        }
        Ok(Some(Refusal { alarming: Literals::new(&alarming)?, names: Literals::new(&names)? }))
    }

    /// True if the line touches nothing sensitive. The texts of its unit must hold no credential. Spoils `texts`, `key` and `buffers`.
    #[inline]
    pub(super) fn refuses(
        &self,
        shaped: &Shaped<'_, '_>,
        plan: &Plan,
        classifier: &Classifier,
        actions: &mut Actions,
        (texts, key): (&mut Vec<u8>, &mut Vec<u8>),
        buffers: &mut Texts,
    ) -> bool {
        if !plan.says_all || actions.may_be_telling(shaped, plan, classifier, key) {
            return false;
        }
        let names = plan.all_texts(shaped, texts);
        if self.alarming.any(texts) {
            return false;
        }
        texts.truncate(names);
        plan.names_no_role(shaped, shaped.bytes(plan.event_source), classifier.resources(), (texts, key), buffers) && {
            texts.make_ascii_lowercase();
            !self.names.any(texts)
        }
    }
}

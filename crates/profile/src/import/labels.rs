//! Tags, labels and annotations: everybody spells them differently.

use crate::draft::Draft;
use crate::inventory::Owner;
use crate::moment::end_of_text;

/// Key–value pairs with their keys brought to one spelling: `Cost-Center`, `costCenter` and `example.com/cost_center` are all
/// `costcenter`. The full keys are kept for those whose prefix matters.
#[derive(Debug, Clone, Default)]
pub struct Labels(Vec<(String, String, String)>);

const TEAM: [&str; 6] = ["team", "owningteam", "ownerteam", "teamowner", "squad", "ownergroup"];
const OWNER: [&str; 7] = ["owner", "owners", "ownedby", "serviceowner", "technicalowner", "responsible", "maintainer"];
const CONTACT: [&str; 9] =
    ["contact", "owneremail", "teamemail", "email", "slack", "slackchannel", "oncall", "escalation", "support"];
const PURPOSE: [&str; 2] = ["purpose", "description"];
const ENV: [&str; 4] = ["env", "environment", "stage", "tier"];
const WORKLOAD: [&str; 2] = ["workload", "workloadid"];
const GROUP: [&str; 8] = ["app", "application", "applicationname", "service", "partof", "system", "component", "project"];

impl Labels {
    /// Adds a pair. Blank values say nothing.
    pub fn push(&mut self, key: &str, value: &str) {
        let value = value.trim();
        let last = key.rsplit(['/', ':']).next().unwrap_or(key);
        let plain: String = last.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        if !value.is_empty() && !plain.is_empty() {
            self.0.push((plain, key.to_string(), value.to_string()));
        }
    }

    /// The value of a key as written.
    pub fn exact(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(_, full, _)| full.eq_ignore_ascii_case(key)).map(|(.., value)| value.as_str())
    }

    /// The value of the first of some plain keys.
    fn first(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.0.iter().find(|(plain, ..)| plain == key)).map(|(.., value)| value.as_str())
    }

    /// Workload that the owners named.
    pub fn workload(&self) -> Option<&str> {
        self.first(&WORKLOAD)
    }

    /// Writes what the labels say of a workload into a draft, where it says nothing yet.
    pub fn fill(&self, draft: &mut Draft) {
        let (team, owner, contact) = (self.first(&TEAM), self.first(&OWNER), self.first(&CONTACT));
        let workload = &mut draft.workload;
        if workload.owner.is_none()
            && let Some(name) = team.or(owner).or(contact)
        {
            let contact = contact.or(owner).filter(|contact| *contact != name).map(str::to_string);
            let expires = self.first(&["ownerexpires", "ownershipexpires"]).and_then(end_of_text);
            workload.owner = Some(Owner { team: name.to_string(), contact, expires });
        }
        let fill = |own: &mut Option<String>, keys: &[&str]| {
            if own.is_none() {
                *own = self.first(keys).map(str::to_string);
            }
        };
        fill(&mut workload.purpose, &PURPOSE);
        fill(&mut workload.env, &ENV);
        fill(&mut workload.peer_group, &GROUP);
        if let Some(class) = self.first(&["dataclassification", "dataclass", "classification", "confidentiality"]) {
            draft.note(format!("tagged with data classification `{class}`: consider max_data_class"));
        }
        for (key, what) in [("aws:cloudformation:stack-name", "CloudFormation stack"), ("aws:createdBy", "created by")] {
            if let Some(value) = self.exact(key) {
                draft.note(format!("{what} {value}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_come_together() {
        for (pairs, team, contact, env) in [
            (&[("Owner", "j.doe"), ("Team", "pay")][..], Some("pay"), Some("j.doe"), None),
            (&[("owner", "pay"), ("Environment", "prod")], Some("pay"), None, Some("prod")),
            (&[("a8r.io/owner", "pay"), ("a8r.io/slack", "#pay")], Some("pay"), Some("#pay"), None),
            (&[("owner-email", "pay@example.com")], Some("pay@example.com"), None, None),
            (&[("Team", " "), ("OWNED_BY", "x")], Some("x"), None, None),
            (&[("///", "x")], None, None, None),
        ] {
            let mut labels = Labels::default();
            pairs.iter().for_each(|(k, v)| labels.push(k, v));
            let mut draft = Draft::new("w", "s");
            labels.fill(&mut draft);
            let owner = draft.workload.owner.as_ref();
            assert_eq!(owner.map(|o| o.team.as_str()), team, "{pairs:?}");
            assert_eq!(owner.and_then(|o| o.contact.as_deref()), contact, "{pairs:?}");
            assert_eq!(draft.workload.env.as_deref(), env, "{pairs:?}");
        }
    }
}

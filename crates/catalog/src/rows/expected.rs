use vires_event::Source;

/// A place where a credential shape is normal and therefore no leak: `cloudtrail:accessKeyId`, `*:hashed_token`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The source; `None` stands for every source.
    pub source: Option<Source>,
    /// The name of the member that holds the value, or the end of its dotted path; `*` stands for any member.
    pub member: String,
}

impl Expected {
    /// Reads `<source>:<member>`.
    pub(crate) fn parse(text: &str) -> Option<Expected> {
        let (source, member) = text.split_once(':')?;
        let source = if source == "*" { None } else { Some(source.parse().ok()?) };
        (!member.is_empty()).then(|| Expected { source, member: member.to_owned() })
    }

    /// True if a value found in a record of `source` below members of these `names`, the innermost first, is in this place. A name
    /// that holds dots counts as the steps of a path.
    pub fn covers<'n>(&self, source: Source, names: impl IntoIterator<Item = &'n str>) -> bool {
        if self.source.is_some_and(|s| s != source) {
            return false;
        }
        if self.member == "*" {
            return true;
        }
        let mut want = self.member.rsplit('.');
        let mut have = names.into_iter().flat_map(|name| {
            // Not taken apart if it is longer than any name of a place: a log could repeat it for every value.
            let most = if name.len() > MAX_NAME { 1 } else { usize::MAX };
            name.rsplitn(most, '.')
        });
        want.all(|w| have.next().is_some_and(|h| h.eq_ignore_ascii_case(w)))
    }
}

/// Longer than any member's name that a row may be about, with all the dots in it.
const MAX_NAME: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_names_and_paths() {
        let place = Expected::parse("cloudtrail:credentials.sessionToken").unwrap();
        assert!(place.covers(Source::Cloudtrail, ["SessionToken", "credentials", "responseElements"]));
        assert!(place.covers(Source::Cloudtrail, ["responseElements.credentials.sessionToken"]));
        assert!(!place.covers(Source::Cloudtrail, ["sessionToken"]));
        assert!(!place.covers(Source::Cloudtrail, [format!("{}.credentials.sessionToken", "x".repeat(MAX_NAME)).as_str()]));
        assert!(!place.covers(Source::Okta, ["sessionToken", "credentials"]));
        assert!(Expected::parse("*:accessKeyId").unwrap().covers(Source::Okta, ["accessKeyId"]));
        assert!(Expected::parse("vault:*").unwrap().covers(Source::Vault, []));
        for bad in ["accessKeyId", "nowhere:x", "okta:"] {
            assert_eq!(Expected::parse(bad), None, "{bad}");
        }
    }
}

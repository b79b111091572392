//! When an identity that a workload becomes is one more of those that it becomes anyway: the same name in another place, or the next of a
//! series in one.

/// So many make a series.
const EVERYWHERE: u32 = 3;

/// Platform and name of an identity, without the account, project, cluster or host that it is one of.
fn role_of(id: &str) -> Option<(&str, &str)> {
    let of = |prefix: &'static str, split: fn(&str) -> Option<(&str, &str)>| {
        let (_, name) = split(id.strip_prefix(prefix)?)?;
        Some((prefix, name))
    };
    of("aws:role/", |rest| rest.split_once('/'))
        .or_else(|| of("host:", |rest| rest.rsplit_once(':')))
        .or_else(|| of("gcp:sa:", |rest| rest.split_once('@').map(|(name, project)| (project, name))))
        .or_else(|| of("k8s:", |rest| rest.split_once(':')))
}

/// True if an identity has the name of [`EVERYWHERE`] of the known ones, each in a place of its own: one more host of a fleet, one more
/// account of an organisation.
pub(crate) fn one_more_place<'k>(id: &str, known: impl Iterator<Item = &'k str>) -> bool {
    let Some(role) = role_of(id) else { return false };
    known.filter(|other| role_of(other) == Some(role)).take(EVERYWHERE as usize).count() == EVERYWHERE as usize
}

/// True if an identity is called like [`EVERYWHERE`] of the known ones by the first word of its name, each in the same place: one more
/// job of those that somebody starts.
///
/// The company's word, and those that half the world begins names with, make no series.
pub(crate) fn one_more_of_series<'k>(
    id: &str,
    known: impl Iterator<Item = &'k str>,
    everybodys: impl Fn(&str) -> bool,
) -> bool {
    let Some(series) = series_of(id).filter(|(_, word, _)| !crate::kin::is_common(word) && !everybodys(word)) else {
        return false;
    };
    known.filter(|other| series_of(other) == Some(series)).take(EVERYWHERE as usize).count() == EVERYWHERE as usize
}

/// Where an identity lives, the first word of its name, and the domain behind it.
fn series_of(id: &str) -> Option<(&str, &str, &str)> {
    let (place, name) = id.rsplit_once(['/', ':'])?;
    let (name, domain) = name.split_once('@').unwrap_or((name, ""));
    let at = name.find(['-', '_', '.'])?;
    let word = name.get(..at).filter(|word| word.len() >= 2)?;
    name.get(at + 1..).filter(|rest| !rest.is_empty())?;
    Some((place, word, domain))
}

#[cfg(test)]
mod tests {
    use super::{one_more_of_series, one_more_place};

    #[test]
    fn one_more_of_a_series_is_near() {
        let known =
            ["gcp:sa:job-a@p1.iam", "gcp:sa:job-b@p1.iam", "gcp:sa:job-c@p1.iam", "aws:role/1/etl-x", "aws:role/1/etl-y"];
        let more = |id: &str| one_more_of_series(id, known.into_iter(), |_| false);
        assert!(more("gcp:sa:job-d@p1.iam"));
        assert!(!one_more_of_series("gcp:sa:job-d@p1.iam", known.into_iter(), |word| word == "job"));
        for stranger in [
            "gcp:sa:job-d@p2.iam",
            "gcp:sa:jobd@p1.iam",
            "gcp:sa:job-@p1.iam",
            "gcp:sa:admin@p1.iam",
            "aws:role/1/etl-z",
            "job-d",
            "",
        ] {
            assert!(!more(stranger), "{stranger}");
        }
    }

    #[test]
    fn a_role_of_a_fleet_is_one_role() {
        let known =
            ["host:a1:root", "host:a2:root", "host:a3:root", "aws:role/111122223333/deploy", "aws:role/222233334444/deploy"];
        let more = |id: &str| one_more_place(id, known.into_iter());
        assert!(more("host:a4:root") && !more("host:a4:postgres"));
        // Two places are no fleet.
        assert!(!more("aws:role/333344445555/deploy") && !more("root"));
        assert!(one_more_place(
            "gcp:sa:ci@d.iam.gserviceaccount.com",
            ["gcp:sa:ci@a.x", "gcp:sa:ci@b.x", "gcp:sa:ci@c.x"].into_iter()
        ));
    }
}

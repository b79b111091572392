//! When a new resource belongs to what a workload already uses: the next table of its own, the next secret in its own folder.
//!
//! Either it has the same parent (folder, bucket, namespace and sort), or its name starts with a word that most of the
//! workload's resources of that service start with. Words that whole estates share (`prod`, `data`) bind nothing together: else
//! every production secret would be a relative of every other.

/// Words too common to mean kinship.
const COMMON: [&str; 54] = [
    "prod",
    "production",
    "prd",
    "live",
    "dev",
    "development",
    "test",
    "testing",
    "stage",
    "staging",
    "stg",
    "qa",
    "uat",
    "sandbox",
    "shared",
    "common",
    "default",
    "global",
    "main",
    "master",
    "public",
    "private",
    "internal",
    "external",
    "app",
    "apps",
    "service",
    "services",
    "svc",
    "data",
    "secret",
    "secrets",
    "config",
    "backup",
    "backups",
    "team",
    "company",
    "corp",
    "kube-system",
    // What names often begin with says what an identity is, not whose.
    "role",
    "lambda",
    "function",
    "github",
    "gitlab",
    "jenkins",
    "terraform",
    "argocd",
    "deploy",
    "deployment",
    "pipeline",
    "runner",
    "agent",
    "build",
    "users",
];

/// Folders of a vault in which each name is a power of its own.
const ISSUING: [&str; 7] = ["creds", "static-creds", "sts", "issue", "sign", "role", "roles"];

/// Shortest word that can mean kinship.
const SHORTEST: usize = 4;

/// Looks for relatives of one value among many.
pub(crate) struct Kin<'v> {
    service: &'v str,
    name: &'v str,
    /// Of what a vault issues, and of namespaces, the next number is another one's.
    numbered: bool,
    parent: Option<&'v str>,
    /// The folder as written, and the name in it.
    lies: Option<(&'v str, &'v str)>,
    stem: Option<&'v str>,
    same_parent: bool,
    own: bool,
    same_service: u32,
    same_stem: u32,
    /// Of a thing in a namespace: its sort, and its name around that of the namespace.
    shape: Option<Shape<'v>>,
    same_shape: u32,
}

/// `k8s:shop/secrets/shop-tls`: a certificate is kept for each namespace under a name made of it.
type Shape<'v> = (&'v str, &'v str, &'v str);

/// In so many namespaces a thing of one shape is what the workload keeps everywhere.
const EVERYWHERE: u32 = 3;

/// True for a name that goes on where that of a known thing beside it ends: `exports-env-archive` beside `exports-env`. Of one word
/// only what means something does, in a folder of a folder: `ci/registry-new` beside `ci/registry`, and nothing beside `db`.
fn continues((folder, last): (&str, &str), known: &str) -> bool {
    let Some((beside, name)) = known.trim_end_matches('/').rsplit_once('/') else { return false };
    let ends = ['-', '_', '.'];
    beside == folder
        && (name.trim_matches(ends).contains(ends) || (folder.contains('/') && means_something(name)))
        && last.strip_prefix(name).is_some_and(|rest| rest.starts_with(ends))
}

/// True for another number of one name in one place: `feeder-v2/db` beside `feeder/db`, `stdocs2` beside `stdocs`.
fn is_next_version(name: &str, known: &str) -> bool {
    let (mut ours, mut theirs, mut differ) = (name.split('/'), known.split('/'), false);
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return differ,
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) if means_something(unnumbered(a)) && unnumbered(a) == unnumbered(b) => differ = true,
            _ => return false,
        }
    }
}

/// Without the number it ends in, if that is one of a version: longer ones tell tenants and accounts apart.
fn unnumbered(name: &str) -> &str {
    const LONGEST: usize = 2;
    let ends = ['-', '_', '.'];
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if name.len() - stem.len() > LONGEST {
        return name;
    }
    let stem = stem.strip_suffix(['v', 'V']).filter(|rest| rest.ends_with(ends)).unwrap_or(stem);
    stem.trim_end_matches(ends)
}

/// Sort, and what stands before and after the name of the namespace in that of the thing; all of it before, if it does not hold it.
fn shape_of<'s>(service: &str, name: &'s str) -> Option<Shape<'s>> {
    let (namespace, rest) = name.split_once('/').filter(|(ns, _)| service == "k8s" && ns.len() > 1)?;
    let (sort, thing) = rest.split_once('/')?;
    Some(match thing.split_once(namespace) {
        Some((before, after)) => (sort, before, after),
        None => (sort, thing, ""),
    })
}

/// True for a folder of what a vault issues.
fn issues(folder: &str) -> bool {
    ISSUING.contains(&folder.rsplit('/').next().unwrap_or(folder))
}

/// Where a thing lies: its bucket, folder or namespace; itself if it lies nowhere.
pub(crate) fn place_of(value: &str) -> &str {
    let (service, name) = value.split_once(':').unwrap_or(("", value));
    let start = value.len() - name.len();
    let end = match service {
        "s3" | "gcs" | "blob" | "storage" => name.find('/'),
        // The things of a person lie with the person.
        "graph" => name.match_indices('/').filter(|(at, _)| *at > 0).nth(1).map(|(at, _)| at),
        "snowflake" | "sql" | "bigquery" => name.rfind(['/', '.']),
        // Each of what a vault issues is another power.
        "vault" if issues(name.trim_end_matches('/').rsplit_once('/').map_or("", |(folder, _)| folder)) => None,
        _ => name.trim_end_matches('/').rfind('/'),
    };
    end.and_then(|end| value.get(..start + end)).unwrap_or_else(|| undated(value))
}

/// Without the date it ends in: a snapshot lies with what it is of.
fn undated(value: &str) -> &str {
    let start = value.find(':').map_or(0, |colon| colon + 1);
    let (service, name) = value.split_at(start);
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | ':' | 'T' | 'Z'));
    let digits = name.get(stem.len()..).unwrap_or("").bytes().filter(u8::is_ascii_digit).count();
    let undated = value.get(..service.len() + stem.len());
    undated.filter(|_| digits >= 8 && !stem.is_empty()).unwrap_or(value)
}

impl<'v> Kin<'v> {
    /// Prepares the search; `None` if the value has neither a parent nor a stem that could be shared.
    pub fn of(value: &'v str, names: &[&str], everybodys: impl Fn(&str) -> bool) -> Option<Self> {
        let (service, name) = value.split_once(':')?;
        let trimmed = name.trim_end_matches('/');
        let (parent, last) = match trimmed.rsplit_once('/') {
            Some((parent, last)) => (Some(parent), last),
            None => (None, trimmed),
        };
        // What a vault issues is as far apart as what it is issued for: `aws/creds/admin` is no neighbour of `aws/creds/reader`.
        let parent = parent.filter(|parent| service != "vault" || !issues(parent));
        let lies = parent.map(|parent| (parent, last));
        // All that lies in one bucket is related, however deep.
        let parent = match service {
            "s3" | "gcs" | "blob" | "storage" => parent.and_then(|p| p.split('/').next()),
            _ => parent,
        };
        // A namespace is a wall, however short its name.
        let parent = parent.filter(|p| {
            let last = p.rsplit('/').next().unwrap_or(p);
            means_something(last) || (service == "k8s" && !p.contains('/') && !is_common(p))
        });
        // The company's name binds nothing together; what follows it may.
        let stem = match stem_of(last) {
            Some(first) if everybodys(first) => two_words_of(last),
            stem => stem,
        };
        // What carries the workload's own name is its own, wherever it lies.
        let own = trimmed.split('/').any(|part| {
            means_something(part) && !everybodys(part) && names.iter().any(|n| *n == part || stem_of(n) == Some(part))
        });
        let shape = shape_of(service, trimmed);
        let folder = trimmed.rsplit_once('/').map_or("", |(folder, _)| folder);
        let numbered = service != "k8s"
            && !(service == "vault" && issues(folder))
            && trimmed.split('/').any(|part| unnumbered(part) != part || means_something(part));
        if lies.is_none() && stem.is_none() && !own && shape.is_none() && !numbered {
            return None;
        }
        let kin = Kin {
            service,
            name: trimmed,
            numbered,
            parent,
            lies,
            stem,
            same_parent: false,
            own,
            same_service: 0,
            same_stem: 0,
            shape,
            same_shape: 0,
        };
        Some(kin)
    }

    /// Looks at one known value.
    pub fn compare(&mut self, known: &str) {
        let Some(name) = known.strip_prefix(self.service).and_then(|n| n.strip_prefix(':')) else { return };
        self.same_service += 1;
        if let Some(parent) = self.parent {
            // What lies under a known thing is as near as what lies beside it; an organisation or a sort of things is no such thing.
            let thing = parent.contains('/') && self.service != "k8s";
            self.same_parent |=
                name.strip_prefix(parent).is_some_and(|rest| rest.starts_with('/') || (thing && rest.is_empty()));
        }
        self.same_parent |= match self.service {
            "k8s" => same_elsewhere(self.name, name),
            "vault" => same_path(self.name, name),
            _ => false,
        };
        self.same_parent |= self.lies.is_some_and(|lies| continues(lies, name));
        self.same_parent |= self.numbered && is_next_version(self.name, name);
        if self.shape.is_some() && shape_of(self.service, name.trim_end_matches('/')) == self.shape {
            self.same_shape += 1;
        }
        if let Some(stem) = self.stem {
            let last = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
            let same = last.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.']));
            self.same_stem += u32::from(same);
        }
    }

    /// True if it has relatives.
    pub fn found(&self) -> bool {
        self.own
            || self.same_parent
            || self.same_shape >= EVERYWHERE
            || (self.same_stem > 0 && self.same_stem * 2 >= self.same_service)
    }
}

/// True for one path under two mounts of a vault: secrets that move keep theirs. What a vault issues is another power in each.
fn same_path(a: &str, b: &str) -> bool {
    let path = |name: &'_ str| {
        let (_, rest) = name.split_once('/')?;
        let rest = ["data/", "metadata/"].iter().find_map(|part| rest.strip_prefix(part)).unwrap_or(rest);
        let first = rest.split('/').next()?;
        (rest.contains('/') && !ISSUING.contains(&first)).then_some(rest.to_owned())
    };
    path(a).is_some_and(|a| path(b) == Some(a))
}

/// True if an action keeps up to date what another one does: creating, replacing and patching one sort of object are one work. Making
/// pods do something is not keeping them. Whoever starts machines and jobs ends them, too; what holds data is not ended so.
pub(crate) fn keeps(action: &str, known: &str) -> bool {
    const ENDS: [(&str, &[&str]); 4] = [
        ("ec2:TerminateInstances", &["ec2:RunInstances"]),
        ("gcp:compute.instances.delete", &["gcp:compute.instances.create", "gcp:compute.instances.insert"]),
        ("k8s:delete pods", &["k8s:create pods"]),
        ("k8s:delete jobs", &["k8s:create jobs"]),
    ];
    if ENDS.iter().any(|(end, starts)| action == *end && starts.contains(&known)) {
        return true;
    }
    if action != known && call_of(action) == call_of(known) {
        return true;
    }
    // Okta and Google write the verb last.
    let dotted = |action: &'_ str| {
        let (sort, verb) = action.rsplit_once('.')?;
        let platform = ["okta:", "gcp:"].iter().any(|platform| sort.starts_with(platform));
        (platform && matches!(verb, "create" | "insert" | "update" | "patch")).then(|| sort.to_owned())
    };
    if dotted(action).is_some_and(|kept| dotted(known) == Some(kept)) {
        return true;
    }
    let sort = |action: &'_ str| {
        let (verb, sort) = action.strip_prefix("k8s:")?.split_once(' ')?;
        (matches!(verb, "create" | "update" | "patch") && !sort.contains('/')).then(|| sort.to_owned())
    };
    sort(action).is_some_and(|kept| sort(known) == Some(kept))
}

/// A call without the number of its version: `s3:ListObjectsV2` lists as `s3:ListObjects` does.
fn call_of(action: &str) -> &str {
    let stem = action.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.len() == action.len()
        || stem.ends_with([':', '.', '_'])
        || action.len() - stem.len() > 2
        || action.contains([' ', '/'])
    {
        return action;
    }
    let versioned = stem.strip_suffix('V').filter(|rest| rest.ends_with(|c: char| c.is_ascii_lowercase()));
    versioned.unwrap_or(stem)
}

/// True for one thing in two namespaces of one name: `search-us/secrets/tls` beside `search-eu/secrets/tls`.
fn same_elsewhere(a: &str, b: &str) -> bool {
    let (Some((a, thing)), Some((b, other))) = (a.split_once('/'), b.split_once('/')) else { return false };
    let stem = |ns: &'_ str| ns.find('-').map_or(ns.len(), |at| at);
    let (stem_a, stem_b) = (a.get(..stem(a)), b.get(..stem(b)));
    thing == other && thing.contains('/') && stem_a == stem_b && stem_a.is_some_and(means_something)
}

/// The first word of a name of several, if it says whose it is.
fn stem_of(name: &str) -> Option<&str> {
    name.find(['-', '_', '.']).and_then(|at| name.get(..at)).filter(|stem| means_something(stem))
}

/// The first two words of a name of three.
fn two_words_of(name: &str) -> Option<&str> {
    let at = name.match_indices(['-', '_', '.']).nth(1).map(|(at, _)| at)?;
    name.get(..at).filter(|words| words.split(['-', '_', '.']).nth(1).is_some_and(|word| !word.is_empty() && !is_common(word)))
}

/// True if a thing is called like one of the names, or like their first word.
pub(crate) fn bears_name(dataset: &str, names: &[&str], everybodys: impl Fn(&str) -> bool) -> bool {
    let Some((_, name)) = dataset.split_once(':') else { return false };
    let last = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
    let called = |owner: &str| {
        means_something(owner)
            && last.strip_prefix(owner).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.']))
    };
    names.iter().any(|n| called(n) || stem_of(n).is_some_and(|stem| !everybodys(stem) && called(stem)))
}

fn means_something(word: &str) -> bool {
    word.len() >= SHORTEST && !word.contains('*') && !is_common(word)
}

pub(crate) fn is_common(word: &str) -> bool {
    COMMON.iter().any(|common| word.eq_ignore_ascii_case(common))
}

#[cfg(test)]
mod tests {
    use super::{Kin, keeps, place_of};

    #[test]
    fn keeping_is_one_work() {
        assert!(keeps("k8s:create rolebindings", "k8s:patch rolebindings"));
        assert!(keeps("okta:policy.rule.create", "okta:policy.rule.update"));
        assert!(keeps("gcp:compute.firewalls.insert", "gcp:compute.firewalls.patch"));
        assert!(keeps("ec2:TerminateInstances", "ec2:RunInstances"));
        assert!(keeps("salesforce:BulkApi2", "salesforce:BulkApi") && keeps("s3:ListObjectsV2", "s3:ListObjects"));
        for (action, known) in [
            ("k8s:create daemonsets", "k8s:patch deployments"),
            ("k8s:create pods/exec", "k8s:patch pods"),
            ("k8s:delete rolebindings", "k8s:patch rolebindings"),
            ("k8s:delete pods", "k8s:create jobs"),
            ("ec2:DeleteSnapshot", "ec2:CreateSnapshot"),
            ("iam:CreateRole", "iam:CreateRole"),
            ("okta:policy.rule.delete", "okta:policy.rule.update"),
            ("okta:policy.rule.create", "okta:policy.lifecycle.update"),
            ("github:org.create", "github:org.update"),
        ] {
            assert!(!keeps(action, known), "{action}");
        }
    }

    #[test]
    fn another_number_of_one_name_is_near() {
        for (value, known, expected) in [
            ("vault:kv/data/claims/feeder-v2", "vault:kv/data/claims/feeder", true),
            ("azstorage:stdocs2", "azstorage:stdocs", true),
            ("azstorage:stdocs", "azstorage:stdocs2", true),
            ("vault:kv/data/claims/feeder-v2/db", "vault:kv/data/claims/feeder/db", true),
            ("vault:kv/data/claims/feeder-v2/admin", "vault:kv/data/claims/feeder/db", false),
            ("vault:database/creds/orders2", "vault:database/creds/orders1", false),
            ("secret:db-2/pay", "secret:db-1/pay", false),
            ("secret:tenant-1002/key", "secret:tenant-1001/key", false),
            ("k8s:shop2/secrets/tls", "k8s:shop1/secrets/tls", false),
            ("s3:ledger-2", "s3:payroll-2", false),
        ] {
            let found = Kin::of(value, &[], |_| false).is_some_and(|mut kin| {
                kin.compare(known);
                kin.found()
            });
            assert_eq!(found, expected, "{value} {known}");
        }
    }

    #[test]
    fn the_name_of_the_company_binds_nothing() {
        let found = |value: &str, known: &[&str], everybodys: bool| {
            Kin::of(value, &[], |word| everybodys && word == "orchard").is_some_and(|mut kin| {
                known.iter().for_each(|k| kin.compare(k));
                kin.found()
            })
        };
        let known = ["s3:orchard-docs-site", "s3:orchard-docs-drafts"];
        assert!(found("s3:orchard-payroll", &known, false) && !found("s3:orchard-payroll", &known, true));
        assert!(found("s3:orchard-docs-archive", &known, true));
        assert!(!found("s3:orchard-payroll-archive", &known, true));
    }

    #[test]
    fn a_secret_that_moves_keeps_its_path() {
        let kin = |value: &str, known: &str| {
            let mut kin = Kin::of(value, &[], |_| false).unwrap();
            kin.compare(known);
            kin.found()
        };
        let old = "vault:kv/data/shop/basket/tls";
        assert!(kin("vault:apps/data/shop/basket/tls", old) && kin("vault:kvv1/shop/basket/tls", old));
        assert!(!kin("vault:apps/data/bank/ledger/tls", old));
        // What is issued is another power under each mount.
        assert!(!kin("vault:prod/creds/billing/rw", "vault:dev/creds/billing/rw"));
    }

    #[test]
    fn things_lie_somewhere() {
        for (thing, place) in [
            ("s3:bucket/a/b", "s3:bucket"),
            ("s3:bucket", "s3:bucket"),
            ("k8s:shop/secrets/db", "k8s:shop/secrets"),
            ("vault:secret/data/shop/db", "vault:secret/data/shop"),
            ("secret:prod/shop/db", "secret:prod/shop"),
            ("snowflake:SALES.PUBLIC.ORDERS", "snowflake:SALES.PUBLIC"),
            ("graph:/users/a@example.com/messages/1", "graph:/users/a@example.com"),
            ("graph:/users/a@example.com", "graph:/users/a@example.com"),
            ("github:org/repo", "github:org"),
            ("rds:payments-core-2026-10-07", "rds:payments-core"),
            ("rds:payments-core-7", "rds:payments-core-7"),
            ("rds:20261007", "rds:20261007"),
            ("secret:", "secret:"),
            ("nocolon", "nocolon"),
        ] {
            assert_eq!(place_of(thing), place, "{thing}");
        }
    }

    #[test]
    fn what_bears_a_name_is_told_from_what_only_begins_like_it() {
        for (dataset, expected) in [
            ("lambda:refunds-worker", true),
            ("lambda:refunds", true),
            ("k8s:shop/deployments/refunds-sync", true),
            ("lambda:refundsx", false),
            ("lambda:payroll-refunds", false),
            ("s3:refunds/exports/", false),
            ("nocolon", false),
        ] {
            assert_eq!(super::bears_name(dataset, &["refunds-sync", "deploy-all"], |_| false), expected, "{dataset}");
        }
        assert!(!super::bears_name("lambda:deploy-tools", &["deploy-all"], |_| false));
        assert!(!super::bears_name("s3:refunds-x", &["refunds-sync"], |word| word == "refunds"));
    }

    #[test]
    fn what_a_vault_issues_has_no_neighbours() {
        let related = |value: &str, known: &str| {
            Kin::of(value, &[], |_| false).is_some_and(|mut kin| {
                [known, "vault:secret/data/shop/mail"].into_iter().for_each(|known| kin.compare(known));
                kin.found()
            })
        };
        assert!(!related("vault:aws/creds/admin", "vault:aws/creds/ecr-push"));
        assert!(related("vault:secret/data/shop/db", "vault:secret/data/shop/cache"));
        assert!(related("secret:prod/creds/db", "secret:prod/creds/cache"), "a folder elsewhere that is only called so");
    }

    #[test]
    fn a_name_that_goes_on_is_near() {
        let related = |value: &str, known: &str| {
            let mut kin = Kin::of(value, &[], |_| false).unwrap();
            // Others, so that no word is what most names begin with.
            [known, "k8s:chat/secrets/chat-mail", "k8s:shop/secrets/shop-mail"]
                .into_iter()
                .for_each(|known| kin.compare(known));
            kin.found()
        };
        assert!(related("k8s:exports/secrets/exports-env-archive", "k8s:exports/secrets/exports-env"));
        assert!(!related("k8s:billing/secrets/exports-env-archive", "k8s:exports/secrets/exports-env"));
        assert!(!related("k8s:exports/secrets/exports-envoy", "k8s:exports/secrets/exports-env"));
        assert!(!related("k8s:exports/secrets/db-admin", "k8s:exports/secrets/db"), "one word says too little");
        assert!(related("vault:kv/data/ci/registry-new", "vault:kv/data/ci/registry"));
        assert!(!related("k8s:exports/secrets/team-new", "k8s:exports/secrets/team"), "everybody's word");
    }

    #[test]
    fn what_is_kept_in_every_namespace_is_kept_in_the_next() {
        let known =
            ["k8s:shop/secrets/shop-tls", "k8s:mail/secrets/mail-tls", "k8s:chat/secrets/chat-tls", "k8s:chat/secrets/db"];
        let related = |value: &str, known: &[&str]| {
            Kin::of(value, &["cert-manager"], |_| false).is_some_and(|mut kin| {
                known.iter().for_each(|k| kin.compare(k));
                kin.found()
            })
        };
        assert!(related("k8s:exports/secrets/exports-tls", &known));
        assert!(!related("k8s:exports/secrets/exports-tls", &known[..2]));
        assert!(!related("k8s:exports/secrets/db", &known));
        assert!(!related("k8s:exports/configmaps/exports-tls", &known));
    }

    #[test]
    fn knows_relatives() {
        let known = [
            "dynamodb:orders-live",
            "dynamodb:orders-archive",
            "dynamodb:sessions",
            "secret:prod/payments/db",
            "secret:prod/mail",
            "s3:report-archive/2026/",
            "k8s:checkout/configmaps/site",
            "k8s:checkout/secrets",
            "github:example-org",
        ];
        for (value, expected) in [
            ("dynamodb:orders-refunds", true),
            ("dynamodb:payroll-2026", false),
            ("dynamodb:ordersx-1", false),
            ("secret:prod/payments/api", true),
            ("secret:prod/payroll", false),
            ("secret:payments/api", false),
            ("secret:prod/mail/relay", true),
            ("github:example-org/payroll", false),
            ("k8s:checkout/secrets/db", false),
            ("s3:report-archive/other/deep/", true),
            ("s3:payroll-archive/x/", false),
            ("k8s:checkout/configmaps/other", true),
            ("k8s:kube-system/secrets/x", false),
            ("k8s:checkout-eu/configmaps/site", true),
            ("k8s:search-eu/configmaps/site", false),
            ("vault:kv/data/refunds-sync/db", true),
            ("vault:kv/data/refunds/db", true),
            ("vault:kv/data/refund/db", false),
            ("nocolon", false),
            ("", false),
        ] {
            let found = Kin::of(value, &["refunds-sync"], |_| false).is_some_and(|mut kin| {
                known.iter().for_each(|k| kin.compare(k));
                kin.found()
            });
            assert_eq!(found, expected, "{value}");
        }
    }
}

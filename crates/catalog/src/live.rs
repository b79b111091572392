use crate::catalog::Catalog;
use crate::platform::Platform;

/// How many rows of each sort look at a platform's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveRows {
    /// The platform.
    pub platform: Platform,
    /// Sensitive actions.
    pub actions: usize,
    /// Identity markers.
    pub identities: usize,
    /// Effect rules.
    pub effects: usize,
    /// Roles and scopes.
    pub roles: usize,
}

impl Catalog {
    /// The rows in use per platform, in the platforms' fixed order; platforms without any are left out. Rows that an overlay
    /// disabled do not count. Resource markers, token shapes and user agents look at every platform.
    pub fn live_rows(&self) -> Vec<LiveRows> {
        let count = |platform: Platform| LiveRows {
            platform,
            actions: self.actions().iter().filter(|r| r.platform == platform).count(),
            identities: self.identities().iter().filter(|r| Platform::of(r.source) == platform).count(),
            effects: self.effects().iter().filter(|r| r.platform == Some(platform)).count(),
            roles: self.roles().iter().filter(|r| r.platform == platform).count(),
        };
        let live = Platform::ALL.iter().map(|p| count(*p));
        live.filter(|l| l.actions + l.identities + l.effects + l.roles > 0).collect()
    }
}

//! Which request gets which script.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::script::Script;

/// Scripts of users, of the next requests, and of everybody else.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct ScriptBook {
    default: Script,
    /// By the user of the path; for the risk-only call by its `relationshipRef`.
    users: BTreeMap<String, Script>,
    next: VecDeque<Script>,
}

impl ScriptBook {
    /// The script of a request of `user`: its own; else the built-in one, `risk-N@anywhere` has the code N; else the next; else
    /// the default.
    pub(super) fn choose(&mut self, user: Option<&str>) -> Script {
        if let Some(own) = user.and_then(|user| self.users.get(user).cloned().or_else(|| built_in(user))) {
            return own;
        }
        self.next.pop_front().unwrap_or_else(|| self.default.clone())
    }

    pub(super) fn set_default(&mut self, script: Script) {
        self.default = script;
    }

    pub(super) fn set_user(&mut self, user: String, script: Script) {
        self.users.insert(user, script);
    }

    pub(super) fn queue(&mut self, scripts: impl IntoIterator<Item = Script>) {
        self.next.extend(scripts);
    }

    pub(super) fn clear_queue(&mut self) {
        self.next.clear();
    }
}

fn built_in(user: &str) -> Option<Script> {
    let id = user.split('@').next()?;
    id.strip_prefix("risk-")?.parse().ok().map(Script::of_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_wins_over_the_queue_and_the_queue_over_the_default() {
        let mut book = ScriptBook::default();
        book.set_default(Script::of_code(2));
        book.queue([Script::of_code(3)]);
        book.set_user("risk-1@bank".to_owned(), Script::of_code(4));
        let mut code = |user| book.choose(user).risk_code();
        assert_eq!(code(Some("risk-1@bank")), Some(4.into()));
        assert_eq!(code(Some("risk-21@bank")), Some(21.into()));
        assert_eq!(code(Some("risk-x@bank")), Some(3.into()));
        assert_eq!(code(None), Some(2.into()));
    }
}

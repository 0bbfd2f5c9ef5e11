//! Logins between the user's browser and the application's request for tokens.

use std::collections::{HashMap, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::script::Script;

/// The most that are remembered; the oldest is forgotten beyond that.
const MOST: usize = 10_000;

/// What an application asks a user's browser to bring (other-systems.md section A.2).
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    pub(super) state: String,
    pub(super) nonce: String,
    challenge: String,
}

/// One login.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) asked: Asked,
    pub(super) script: Script,
    /// The transaction that the security data service knows it by.
    pub(super) tid: String,
    redeemed: bool,
}

/// All of them, by code.
#[derive(Debug, Default)]
pub(super) struct Logins {
    by_code: HashMap<String, Login>,
    by_transaction: HashMap<String, String>,
    order: VecDeque<String>,
}

impl Asked {
    /// Reads an authorization request; what version 4 of the API demands is demanded. The error is the `error_description`.
    pub(super) fn read(parameters: &[(String, String)]) -> Result<Self, String> {
        let value = |name: &str| {
            let found = parameters.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        let required = |name: &str| value(name).ok_or_else(|| format!("{name} is missing"));
        let exactly = |name: &str, word: &str| {
            if required(name)? == word { Ok(()) } else { Err(format!("{name} must be {word}")) }
        };
        exactly("response_type", "code")?;
        exactly("code_challenge_method", "S256")?;
        let scope = required("scope")?;
        if !scope.split(' ').any(|word| word == "openid") {
            return Err("scope must hold openid".to_owned());
        }
        Ok(Self {
            client: required("client_id")?,
            redirect_uri: required("redirect_uri")?,
            scope,
            state: required("state")?,
            nonce: required("nonce")?,
            challenge: required("code_challenge")?,
        })
    }
}

impl Logins {
    /// The user logs in; the code that the browser brings.
    pub(super) fn open(&mut self, asked: Asked, script: Script) -> String {
        let (code, tid) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
        self.by_transaction.insert(tid.clone(), code.clone());
        self.by_code.insert(code.clone(), Login { asked, script, tid, redeemed: false });
        self.order.push_back(code.clone());
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
            && let Some(login) = self.by_code.remove(&oldest)
        {
            self.by_transaction.remove(&login.tid);
        }
        code
    }

    /// The login of a code, once, for the client that asked, and who can prove that it did (RFC 7636). None otherwise.
    pub(super) fn redeem(
        &mut self,
        code: &str,
        client: &str,
        redirect_uri: &str,
        verifier: &str,
    ) -> Option<Login> {
        let login = self.by_code.get_mut(code)?;
        let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let Asked { client: asker, redirect_uri: asked_for, challenge, .. } = &login.asked;
        let fits = asker == client && asked_for == redirect_uri && *challenge == proof && !login.redeemed;
        // Tried is used up: a code that somebody else got hold of is good for nothing any more.
        login.redeemed = true;
        fits.then(|| login.clone())
    }

    /// What the security data of a login's transaction are.
    pub(super) fn script(&self, tid: &str) -> Option<&Script> {
        self.by_code.get(self.by_transaction.get(tid)?).map(|login| &login.script)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"; // RFC 7636, appendix B

    fn parameters() -> Vec<(String, String)> {
        [
            ("client_id", "shop"),
            ("redirect_uri", "https://shop.example/callback"),
            ("response_type", "code"),
            ("scope", "openid profile"),
            ("state", "s"),
            ("nonce", "n"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    #[test]
    fn what_version_4_demands_is_demanded() {
        Asked::read(&parameters()).unwrap();
        for index in 0..parameters().len() {
            let mut lacking = parameters();
            let (name, _) = lacking.remove(index);
            assert_eq!(Asked::read(&lacking).unwrap_err(), format!("{name} is missing"));
        }
        let mut plain = parameters();
        plain[7].1 = "plain".to_owned();
        assert_eq!(Asked::read(&plain).unwrap_err(), "code_challenge_method must be S256");
    }

    #[test]
    fn a_code_is_good_once_and_for_who_asked() {
        let open = || {
            let mut logins = Logins::default();
            let code = logins.open(Asked::read(&parameters()).unwrap(), Script::default());
            (logins, code)
        };
        let callback = "https://shop.example/callback";
        let (mut logins, code) = open();
        let login = logins.redeem(&code, "shop", callback, VERIFIER).unwrap();
        assert!(logins.script(&login.tid).is_some());
        assert!(logins.redeem(&code, "shop", callback, VERIFIER).is_none());
        for (client, redirect, verifier) in
            [("other", callback, VERIFIER), ("shop", "https://x/", VERIFIER), ("shop", callback, "guess")]
        {
            let (mut logins, code) = open();
            assert!(logins.redeem(&code, client, redirect, verifier).is_none());
            assert!(logins.redeem(&code, "shop", callback, VERIFIER).is_none(), "tried is used up");
        }
    }
}

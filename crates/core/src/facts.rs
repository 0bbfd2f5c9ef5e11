//! Named facts in what a provider or source said, and the conditions that `blockWhen` may state on them.
//!
//! A fact may be a user's own (an account, a name), so facts are looked at and forgotten: only the conditions that hold become
//! indicators of a signal, in the words of the policy. Those are recorded, and a decision is computed again from them alone.

use std::fmt;

/// The value of one fact.
#[derive(Clone, PartialEq, Eq)]
pub enum FactValue {
    /// `true` or `false`.
    Flag(bool),
    /// A text, or a number as it was sent; it compares as a number where both sides are one.
    Text(String),
    /// Several texts, such as names of rules.
    Texts(Vec<String>),
    /// Something that is there, and has no value to compare.
    Present,
}

/// Facts by their names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Facts {
    all: Vec<(String, FactValue)>,
}

impl Facts {
    /// Adds a fact.
    pub fn insert(&mut self, name: impl Into<String>, value: FactValue) {
        self.all.push((name.into(), value));
    }

    /// Adds those of `further` that are not there.
    pub fn complete(&mut self, further: Self) {
        for (name, value) in further.all {
            if self.get(&name).is_none() {
                self.all.push((name, value));
            }
        }
    }

    /// The fact of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&FactValue> {
        self.all.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether `condition` holds. A condition on a fact that is not there does not.
    #[must_use]
    pub fn hold(&self, condition: &Condition<'_>) -> bool {
        self.get(condition.name).is_some_and(|value| condition.test.holds(value))
    }

    /// Those of `conditions` that hold, each as it is written. What does not read as a condition holds never: it was refused
    /// when the policy was checked.
    pub fn held<'a>(&self, conditions: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let holds = |text: &&str| Condition::parse(text).is_ok_and(|condition| self.hold(&condition));
        conditions.into_iter().filter(holds).map(str::to_owned).collect()
    }
}

/// How many: what they say may be a user's own.
impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Facts of {}", self.all.len())
    }
}

/// The kind: what it says may be a user's own.
impl fmt::Debug for FactValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag(_) => "Flag",
            Self::Text(_) => "Text",
            Self::Texts(_) => "Texts",
            Self::Present => "Present",
        })
    }
}

/// A condition: the bare name of an indicator or fact, or a name, an operator and a value: `amount >= 10000`,
/// `clientIPCountry != SE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition<'a> {
    /// The fact that it looks at.
    pub name: &'a str,
    test: Test<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test<'a> {
    Present,
    Compares(Operator, &'a str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    NotEqual,
    AtLeast,
    AtMost,
    Equal,
    Above,
    Below,
}

/// Longer ones first, so that `>=` is not read as `>`.
const OPERATORS: [(&str, Operator); 6] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    ("=", Operator::Equal),
    (">", Operator::Above),
    ("<", Operator::Below),
];

/// A text that is no condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a condition; write the name of an indicator, or NAME OPERATOR VALUE with one of = != < <= > >="
)]
pub struct NoCondition(String);

impl<'a> Condition<'a> {
    /// Reads a condition.
    ///
    /// # Errors
    ///
    /// [`NoCondition`] when there is no name, or no value behind an operator, or when the order of a text is asked for.
    pub fn parse(text: &'a str) -> Result<Self, NoCondition> {
        let refused = || NoCondition(text.to_owned());
        let Some(at) = text.find(['!', '<', '>', '=']) else {
            let name = text.trim();
            return if name.is_empty() { Err(refused()) } else { Ok(Self { name, test: Test::Present }) };
        };
        let (name, rest) = text.split_at(at);
        let (sign, operator) =
            OPERATORS.into_iter().find(|(sign, _)| rest.starts_with(sign)).ok_or_else(refused)?;
        let (name, value) = (name.trim(), rest[sign.len()..].trim());
        let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
        if name.is_empty() || value.is_empty() || ordered && number(value).is_none() {
            return Err(refused());
        }
        Ok(Self { name, test: Test::Compares(operator, value) })
    }
}

impl Test<'_> {
    fn holds(self, value: &FactValue) -> bool {
        match (self, value) {
            (Self::Present, FactValue::Flag(flag)) => *flag,
            (Self::Present, FactValue::Texts(texts)) => !texts.is_empty(),
            (Self::Present, _) => true,
            (Self::Compares(operator, wanted), value) => operator.holds(value, wanted),
        }
    }
}

impl Operator {
    fn holds(self, value: &FactValue, wanted: &str) -> bool {
        let equal = match value {
            FactValue::Flag(flag) => flag.to_string() == wanted,
            FactValue::Text(text) => match (number(text), number(wanted)) {
                (Some(left), Some(right)) => return self.orders(left, right),
                _ => text == wanted,
            },
            FactValue::Texts(texts) => texts.iter().any(|text| text == wanted),
            FactValue::Present => return false,
        };
        match self {
            Self::Equal => equal,
            Self::NotEqual => !equal,
            Self::AtLeast | Self::AtMost | Self::Above | Self::Below => false,
        }
    }

    fn orders(self, left: f64, right: f64) -> bool {
        left.partial_cmp(&right).is_some_and(|ordering| match self {
            Self::NotEqual => ordering.is_ne(),
            Self::AtLeast => ordering.is_ge(),
            Self::AtMost => ordering.is_le(),
            Self::Equal => ordering.is_eq(),
            Self::Above => ordering.is_gt(),
            Self::Below => ordering.is_lt(),
        })
    }
}

/// The decimal number that `text` is. Words that Rust reads as numbers (`inf`, `nan`) are none here.
fn number(text: &str) -> Option<f64> {
    let decimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    text.parse().ok().filter(|_| decimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let mut facts = Facts::default();
        facts.insert("amount", FactValue::Text("1.00005e4".to_owned()));
        facts.insert("score", FactValue::Text("0.75".to_owned()));
        facts.insert("clientIPCountry", FactValue::Text("RU".to_owned()));
        facts.insert("executionCompleted", FactValue::Flag(false));
        facts.insert("matchedRules", FactValue::Texts(vec!["Velocity".to_owned(), "New device".to_owned()]));
        facts.insert("fingerprintRaw", FactValue::Present);
        facts
    }

    #[test]
    fn conditions_hold_where_the_facts_say_so() {
        for (text, holds) in [
            ("amount", true),
            ("amount >= 10000.5", true),
            ("amount>10000.5", false),
            ("amount <= 10000", false),
            ("amount < 10001", true),
            ("amount = 10000.50", true),
            ("amount != 10000.5", false),
            ("amount = many", false),
            ("amount != many", true),
            ("score >= 0.7", true),
            ("clientIPCountry", true),
            ("clientIPCountry = RU", true),
            ("clientIPCountry!=SE", true),
            ("clientIPCountry = ru", false),
            ("clientIPCountry > 5", false),
            ("executionCompleted", false),
            ("executionCompleted = false", true),
            ("matchedRules", true),
            ("matchedRules = New device", true),
            ("matchedRules != Velocity", false),
            ("fingerprintRaw", true),
            ("fingerprintRaw = x", false),
            ("absent", false),
            ("absent != SE", false),
        ] {
            assert_eq!(facts().hold(&Condition::parse(text).unwrap()), holds, "{text}");
        }
    }

    #[test]
    fn what_holds_is_told_in_the_words_of_the_policy() {
        let held = facts().held(["amount  >= 500", "isTor", "clientIPCountry=RU", "="]);
        assert_eq!(held, ["amount  >= 500", "clientIPCountry=RU"]);
    }

    #[test]
    fn what_is_no_condition_is_refused_with_what_to_write() {
        for text in
            ["", " ", "=", "= 5", "amount >=", "amount ! 5", "amount > many", "amount >= inf", "a < nan"]
        {
            let error = Condition::parse(text).unwrap_err().to_string();
            assert!(error.contains("NAME OPERATOR VALUE"), "{error}");
        }
    }

    #[test]
    fn the_debug_form_shows_nothing_of_the_user() {
        let text = format!("{:?} {:?}", facts(), facts().get("clientIPCountry"));
        assert_eq!(text, "Facts of 6 Some(Text)");
    }
}

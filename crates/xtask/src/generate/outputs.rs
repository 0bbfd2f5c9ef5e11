//! The list of what is generated, and from what.

use anyhow::Result;

use super::Output;

/// Every generated file with its content.
pub(super) fn all() -> Result<Vec<Output>> {
    Ok(Vec::new())
}

//! The sidecar's configuration. Input: the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskgate_core::SidecarConfig;

fuzz_target!(|text: &str| {
    let Ok(config) = SidecarConfig::from_yaml(text) else { return };
    assert!(config.check().is_empty(), "what is contradictory is not read");
    let written = config.to_yaml().expect("what was read can be written");
    let again = SidecarConfig::from_yaml(&written).expect("what was written reads");
    assert_eq!(again, config);
    assert_eq!(again.revision(), config.revision());
});

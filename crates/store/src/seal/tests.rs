//! What opens, and what does not.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const HERE: Place<'static> = Place { name: "riskgate:shop:retail:bankid:00", field: "f" };

fn ring(keys: &[u8]) -> KeyRing {
    KeyRing::new(keys.iter().map(|byte| vec![*byte; KEY_LEN]).collect()).unwrap()
}

proptest! {
    #[test]
    fn every_text_opens_as_it_was_sealed(plain in vec(any::<u8>(), 0..600)) {
        let sealed = seal(&ring(&[1]), HERE, &plain).unwrap();
        prop_assert_eq!(sealed.len(), plain.len() + 37);
        prop_assert_eq!(open(&ring(&[1]), HERE, sealed).unwrap(), plain);
    }

    #[test]
    fn a_value_with_any_byte_changed_does_not_open(plain in vec(any::<u8>(), 0..80), at: prop::sample::Index, by in 1..=u8::MAX) {
        let mut sealed = seal(&ring(&[1, 2]), HERE, &plain).unwrap();
        let at = at.index(sealed.len());
        sealed[at] ^= by;
        prop_assert!(open(&ring(&[1, 2]), HERE, sealed).is_err());
    }

    #[test]
    fn what_is_no_sealed_value_is_refused_and_never_panics(bytes in vec(any::<u8>(), 0..100)) {
        prop_assert!(open(&ring(&[1]), HERE, bytes).is_err());
    }

    #[test]
    fn a_value_that_was_cut_does_not_open(plain in vec(any::<u8>(), 0..80), at: prop::sample::Index) {
        let mut sealed = seal(&ring(&[1]), HERE, &plain).unwrap();
        sealed.truncate(at.index(sealed.len()));
        prop_assert!(open(&ring(&[1]), HERE, sealed).is_err());
    }
}

#[test]
fn a_value_that_was_moved_does_not_open() {
    let sealed = seal(&ring(&[1]), HERE, b"text").unwrap();
    for elsewhere in [
        Place { field: "s", ..HERE },
        Place { name: "riskgate:shop:retail:bankid:01", ..HERE },
        Place { name: "riskgate:shop:retail:bankid:00\0", field: "" },
    ] {
        assert_eq!(open(&ring(&[1]), elsewhere, sealed.clone()), Err(SealError::Forged), "{elsewhere:?}");
    }
}

#[test]
fn the_first_key_seals_and_every_key_opens() {
    let old = seal(&ring(&[1]), HERE, b"old").unwrap();
    let both = ring(&[2, 1]);
    assert_eq!(open(&both, HERE, old.clone()).unwrap(), b"old");
    let new = seal(&both, HERE, b"new").unwrap();
    assert_eq!(open(&ring(&[2]), HERE, new.clone()).unwrap(), b"new", "sealed with the first");
    assert_eq!(open(&ring(&[1]), HERE, new), Err(SealError::UnknownKey));
    assert_eq!(open(&ring(&[2]), HERE, old), Err(SealError::UnknownKey));
}

#[test]
fn another_version_is_told_from_a_forgery() {
    let mut sealed = seal(&ring(&[1]), HERE, b"text").unwrap();
    sealed[0] = 9;
    assert_eq!(open(&ring(&[1]), HERE, sealed), Err(SealError::Version(9)));
}

#[test]
fn the_same_text_looks_different_each_time_and_nothing_of_it_shows() {
    let plain = b"199001012385 199001012385 199001012385";
    let (one, other) = (seal(&ring(&[1]), HERE, plain).unwrap(), seal(&ring(&[1]), HERE, plain).unwrap());
    assert_ne!(one[HEAD..], other[HEAD..]);
    assert!(!one.windows(4).any(|part| part == &plain[..4]));
}

#[test]
fn a_ring_takes_only_whole_and_different_keys() {
    let key = |length: usize| vec![7; length];
    assert_eq!(KeyRing::new(Vec::new()).unwrap_err(), KeyRingError::Empty);
    assert_eq!(
        KeyRing::new(vec![key(32), key(64)]).unwrap_err(),
        KeyRingError::Length { index: 1, length: 64 }
    );
    assert_eq!(KeyRing::new(vec![key(32), key(32)]).unwrap_err(), KeyRingError::Twice { index: 1 });
}

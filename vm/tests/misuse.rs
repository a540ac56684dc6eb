//! Misuses of `#[actor]`, and what the compiler says of each: at the user's line, with what to do.
//!
//! `TRYBUILD=overwrite cargo test -p greenroom --test misuse` writes down what it says now.

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "what the compiler says is written down for the stable one")]
fn misuse_is_answered_with_what_to_write_instead() {
    trybuild::TestCases::new().compile_fail("tests/misuse/*.rs");
}

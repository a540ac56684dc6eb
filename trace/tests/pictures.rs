//! Sequences become pictures: each scene as it was last looked at and found good.
//!
//! A picture that changes on purpose is written anew with `UPDATE_GOLDEN=1`, and then wants to be looked at.

#[path = "pictures/scenes.rs"]
mod scenes;
#[path = "pictures/script.rs"]
mod script;

use std::fs;
use std::path::Path;

use greenroom_trace::svg;

/// Compares with the file of that name, or writes it.
fn assert_golden(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, text).expect("the golden file can be written");
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    let same = golden.lines().zip(text.lines()).take_while(|(old, new)| old == new).count();
    assert!(
        golden == text,
        "{name} differs in line {}: UPDATE_GOLDEN=1 writes it anew\n old: {:?}\n new: {:?}",
        same + 1,
        golden.lines().nth(same),
        text.lines().nth(same)
    );
}

#[test]
fn each_scene_is_drawn_as_before() {
    for (name, sequence) in scenes::all() {
        assert_golden(&format!("{name}.svg"), &svg(&sequence));
    }
}

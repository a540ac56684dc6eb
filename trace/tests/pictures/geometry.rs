//! What holds of every picture of a sequence, read back from its SVG: nothing lies upon another, and all ends where it
//! should.

use greenroom_trace::{Limits, Sequence};
use roxmltree::{Document, Node};

use unicode_width::UnicodeWidthStr;

use super::scenes;
use super::support::{a_day_at_the_bank, two_nodes};

fn pictures() -> Vec<(String, String)> {
    let mut sequences: Vec<(String, Sequence)> =
        scenes::all().into_iter().map(|(name, sequence)| (name.to_owned(), sequence)).collect();
    for trace in [a_day_at_the_bank(), two_nodes()] {
        sequences.push((trace.title.clone(), trace.sequence(&Limits::default())));
    }
    for (lifelines, rows) in [(2, 40), (40, 200)] {
        sequences.push((format!("{lifelines} lifelines"), scenes::large(lifelines, rows)));
    }
    sequences.into_iter().map(|(name, sequence)| (name, sequence.to_svg())).collect()
}

fn number(node: Node, key: &str) -> f64 {
    let text = node.attribute(key).unwrap_or_else(|| panic!("no {key} at {node:?}"));
    text.parse().unwrap_or_else(|_| panic!("{key} is '{text}' at {node:?}"))
}

fn has_class(node: Node, class: &str) -> bool {
    node.attribute("class").is_some_and(|classes| classes.split(' ').any(|known| known == class))
}

/// Left, top, right and bottom of a text in a monospaced font of twelve pixels, of the wider sort.
fn area(text: Node) -> [f64; 4] {
    let width = text.text().unwrap_or_default().width() as f64 * 7.22;
    let (x, y) = (number(text, "x"), number(text, "y"));
    let left = match text.attribute("text-anchor") {
        Some("middle") => x - width / 2.0,
        Some("end") => x - width,
        _ => x,
    };
    [left, y - 9.0, left + width, y + 2.0]
}

/// The numbers in the description of a path.
fn numbers(path: &str) -> Vec<f64> {
    let parts = path.split(|c: char| !(c.is_ascii_digit() || c == '-' || c == '.'));
    parts.filter(|part| !part.is_empty()).map(|part| part.parse().expect("a number")).collect()
}

#[test]
fn no_words_lie_upon_others_or_reach_over_the_edge() {
    for (name, svg) in pictures() {
        let document = Document::parse(&svg).expect(&name);
        let (width, height) =
            (number(document.root_element(), "width"), number(document.root_element(), "height"));
        let texts = document.descendants().filter(|node| node.has_tag_name("text"));
        let texts: Vec<_> = texts.map(|text| (text.text().unwrap_or_default(), area(text))).collect();
        for (at, (one, a)) in texts.iter().enumerate() {
            assert!(a[0] >= 0.0 && a[1] >= 0.0, "{name}: '{one}' begins off the picture");
            assert!(a[2] <= width && a[3] <= height, "{name}: '{one}' ends off the picture");
            for (other, b) in &texts[at + 1..] {
                let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
                assert!(apart, "{name}: '{one}' {a:?} lies upon '{other}' {b:?}");
            }
        }
    }
}

#[test]
fn every_arrow_begins_and_ends_at_its_lifelines() {
    for (name, svg) in pictures() {
        let document = Document::parse(&svg).expect(&name);
        let stems: Vec<(String, f64)> = document
            .descendants()
            .filter(|node| has_class(*node, "stem"))
            .map(|stem| (stem.attribute("data-w").expect("whose").to_owned(), number(stem, "x1")))
            .collect();
        let stem = |who: &str| stems.iter().find(|(known, _)| known == who).expect("a stem").1;
        let arrows =
            document.descendants().filter(|node| has_class(*node, "arrow") && node.has_attribute("data-l"));
        for arrow in arrows {
            let (from, to) =
                arrow.attribute("data-l").and_then(|ends| ends.split_once(' ')).expect("two ends");
            let line = arrow.children().find(|node| has_class(*node, "line")).expect("a line");
            let points = numbers(line.attribute("d").expect("a path"));
            let (begins, ends) = (points[0], *points.last().expect("an end"));
            // A bar upon the lifeline is ten pixels wide; a lost message ends before it is there, and a new actor has a
            // head that is in the way; a clock stands where a timer begins.
            let (mut near_from, mut near_to) = (20.0, 20.0);
            if has_class(arrow, "lost") || has_class(arrow, "create") {
                near_to = 130.0;
            }
            if has_class(arrow, "timer") {
                near_from = 60.0;
            }
            assert!((begins - stem(from)).abs() <= near_from, "{name}: {arrow:?} begins at {begins}");
            assert!((ends - stem(to)).abs() <= near_to, "{name}: {arrow:?} ends at {ends}");
        }
    }
}

#[test]
fn bars_lie_on_their_lifelines_and_have_a_height() {
    for (name, svg) in pictures() {
        let document = Document::parse(&svg).expect(&name);
        for bar in document.descendants().filter(|node| has_class(*node, "bar")) {
            assert!(number(bar, "height") >= 10.0, "{name}: {bar:?} is flat");
            let whose = bar.attribute("data-w");
            let stems = document.descendants().filter(|node| has_class(*node, "stem"));
            let (top, left) = (number(bar, "y"), number(bar, "x"));
            let below = stems.filter(|stem| stem.attribute("data-w") == whose).any(|stem| {
                let on_it = left <= number(stem, "x1") + 20.0 && left + 30.0 >= number(stem, "x1");
                on_it && number(stem, "y1") <= top && top < number(stem, "y2")
            });
            assert!(below, "{name}: {bar:?} lies on no lifeline");
        }
    }
}

#[test]
fn frames_are_around_what_they_hold() {
    for (name, svg) in pictures() {
        let document = Document::parse(&svg).expect(&name);
        for frame in document.descendants().filter(|node| has_class(*node, "frame")) {
            let rect = frame.children().find(|node| node.has_tag_name("rect")).expect("a box");
            let (left, top) = (number(rect, "x"), number(rect, "y"));
            let (right, bottom) = (left + number(rect, "width"), top + number(rect, "height"));
            let rows = number(frame, "data-o")..number(frame, "data-c");
            let inside = document.descendants().filter(|node| has_class(*node, "arrow"));
            for arrow in inside.filter(|node| node.has_attribute("data-r")) {
                if !rows.contains(&number(arrow, "data-r")) {
                    continue;
                }
                for text in arrow.children().filter(|node| node.has_tag_name("text")) {
                    let [from, over, to, under] = area(text);
                    let is_inside = left <= from && to <= right && top <= over && under <= bottom;
                    assert!(is_inside, "{name}: {text:?} is not within {rect:?}");
                }
            }
        }
    }
}

#[test]
fn words_are_words_and_never_marks() {
    let (_, names) =
        scenes::all().into_iter().find(|(name, _)| *name == "names").expect("the scene of names");
    let svg = names.to_svg();
    let document = Document::parse(&svg).expect("well-formed XML");
    let texts: Vec<&str> = document.descendants().filter_map(|node| node.text()).collect();
    for words in
        ["<script>alert('title')</script> & more", "Map<&str, \"u8\">#0.1", "put(\"a\", <dyn Fn() -> &T>)"]
    {
        assert!(texts.contains(&words), "{words} is not among {texts:?}");
    }
    assert!(!document.descendants().any(|node| node.has_tag_name("script") || node.has_tag_name("b")));
}

#[test]
fn a_page_fetches_nothing_and_its_words_are_no_marks() {
    let mut trace = a_day_at_the_bank();
    trace.title = "</script><script>alert('title')</script>".to_owned();
    let page = trace.to_html(&Limits::default());
    assert_eq!(page.matches("<script>").count(), 1, "the page's own");
    assert_eq!(page.matches("</script>").count(), 1, "the page's own");
    for fetching in ["http", "src=", "@import", "url(", "<link"] {
        assert!(!page.contains(fetching), "the page has {fetching}");
    }
}

#[test]
fn a_page_with_folded_repetitions_holds_each_of_them_as_well() {
    let trace = a_day_at_the_bank();
    let views = |limits: &Limits| trace.to_html(limits).matches("<div class=\"view\"").count();
    assert_eq!(views(&Limits::default()), 2);
    assert_eq!(views(&Limits { fold: false, ..Limits::default() }), 1);
}

#[test]
fn a_long_picture_has_its_heads_again_at_the_foot() {
    let feet = |rows| scenes::large(3, rows).to_svg().matches("head foot").count();
    assert_eq!(feet(8), 0);
    assert_eq!(feet(200), 3);
}

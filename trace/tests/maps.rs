//! Actor maps, as they were last looked at and found good.

mod support;

use greenroom_trace::{Trace, Way, What};
use support::{Story, a_day_at_the_bank, assert_golden, two_nodes};

#[test]
fn a_day_at_the_bank_as_a_map() {
    assert_golden("bank-map.svg", &a_day_at_the_bank().actor_map().to_svg());
    assert_golden("bank-map.dot", &a_day_at_the_bank().actor_map().to_dot());
}

#[test]
fn two_nodes_as_a_map() {
    assert_golden("nodes-map.svg", &two_nodes().actor_map().to_svg());
    assert_golden("nodes-map.dot", &two_nodes().actor_map().to_dot());
}

/// A boss who gives work to so many, of whom some hand it on.
fn crew(workers: usize) -> Trace {
    let mut story = Story::new("a crew at \"work\" <&>");
    let boss = story.named("Boss", "the \\boss\\");
    let crew: Vec<_> = (0..workers).map(|_| story.spawn(Some(boss), "crew::Worker")).collect();
    story.cast(None, boss, "begin");
    for (at, worker) in crew.iter().enumerate() {
        story.call(Some(boss), *worker, "work", "", "()");
        story.cast(Some(*worker), crew[(at * 7 + 3) % workers], "pass");
    }
    let late = story.send(Way::Request, Some(boss), crew[0], "work");
    story.fail(late, "timeout");
    let lost = story.send(Way::Cast, Some(boss), crew[0], "work");
    story.tell(What::Lost { message: lost, why: "it has ended".into() });
    story.trace()
}

#[test]
fn messages_are_counted_by_method_and_by_what_became_of_them() {
    let dot = crew(2).actor_map().to_dot();
    assert!(dot.contains(r#"[label="work ×3\n1 error\n1 lost", penwidth=1, color="#), "{dot}");
}

#[test]
fn many_of_a_type_share_a_box() {
    let dot = crew(28).actor_map().to_dot();
    assert!(dot.contains("Worker#0.1") && !dot.contains("Worker ×"), "{dot}");
    let dot = crew(1_000).actor_map().to_dot();
    assert!(dot.contains("Worker ×1000") && !dot.contains("Worker#0.1"), "{dot}");
    assert!(dot.contains("work ×1002"), "{dot}");
}

#[test]
fn what_the_languages_would_read_is_escaped() {
    let map = crew(2).actor_map();
    assert!(map.to_dot().contains(r#"label="a crew at \"work\" <&>"; labelloc"#), "{}", map.to_dot());
    assert!(map.to_dot().contains(r#"[label="the \\boss\\\nBoss"]"#), "{}", map.to_dot());
    assert!(map.to_svg().contains("a crew at &quot;work&quot; &lt;&amp;&gt;</text>"), "{}", map.to_svg());
}

#[test]
fn an_empty_run_has_a_map() {
    let map = Trace::default().actor_map();
    assert!(map.to_svg().contains("</svg>"));
    assert_eq!(map.to_dot().matches("->").count(), 0);
}

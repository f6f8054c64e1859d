use super::*;
use crate::analysis::{Metric, call_tree};
use crate::profile::ProfileBuilder;
use serde_json::Value;

fn page(profile: &Profile) -> String {
    html(profile, &CallTreeQuery::default())
}

fn data_of(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

fn numbers(values: &Value) -> Vec<u64> {
    values.as_array().unwrap().iter().map(|value| value.as_u64().unwrap()).collect()
}

#[test]
fn the_tree_in_the_page_is_that_of_the_profile() {
    let profile = ProfileBuilder::new()
        .folded("main@a.c:3;work@a.c:9;+inner@a.h:1 30\nmain@a.c:3;[env.log] 5\nmain@a.c:4 7")
        .alloc(3, "main;work;malloc", 4_096, 64)
        .build();
    let data = data_of(&page(&profile));
    let metrics: Vec<_> = data["flames"].as_array().unwrap().iter().map(|flame| &flame["metric"]).collect();
    assert_eq!(metrics, ["time", "allocations", "allocated", "live", "peak", "short-lived"]);
    let (flame, tree) = (&data["flames"][0], call_tree(&profile, &CallTreeQuery::default()));
    assert_eq!(numbers(&flame["value"]), tree.totals());
    assert_eq!(numbers(&flame["own"]), tree.self_values());
    let name = |node: usize| {
        let function = flame["function"][node].as_u64().unwrap() as usize;
        data["functions"][function]["name"].as_str().unwrap().to_owned()
    };
    let named: Vec<_> =
        (0..tree.len()).map(|node| (name(node), flame["parent"][node].as_u64().unwrap())).collect();
    let expected = [("all", 0), ("main", 0), ("work", 1), ("inner", 2), ("env.log", 1)];
    assert_eq!(named, expected.map(|(name, parent)| (name.to_owned(), parent)));
    let place = flame["place"][3].as_u64().unwrap() as usize;
    assert_eq!(data["places"][place], serde_json::json!(["a.h", 1]));
    assert_eq!(flame["left_out"], "");
}

#[test]
fn names_can_say_anything() {
    let name = "</script><script>x</script><!--\"'&\u{2028}\u{202e}\u{1}";
    let profile = ProfileBuilder::new().folded(&format!("{name};{{{{data}}}} 3"));
    let module = format!("{name}.wasm");
    let profile = profile.edit(|recording| recording.meta.module_name = module).build();
    let page = page(&profile);
    assert_eq!(page.matches("</script").count(), 2, "data and script");
    assert_eq!(page.matches("<script").count(), 2);
    assert!(!page.contains(['\u{2028}', '\u{202e}', '\u{1}']));
    let data = data_of(&page);
    let names: Vec<_> =
        data["functions"].as_array().unwrap().iter().map(|info| info["name"].as_str().unwrap()).collect();
    let safe = "</script><script>x</script><!--\"'&\u{fffd}\u{fffd}\u{fffd}";
    assert_eq!(names, ["{{data}}", safe, "all"]);
    assert!(page.contains("<h1>&lt;/script&gt;&lt;script&gt;x&lt;/script&gt;&lt;!--&quot;'&amp;"));
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let page = page(&ProfileBuilder::new().folded("main 1").build());
    for word in
        ["http:", "https:", "src=", "@import", "url(", "<link", "<base", "<form", " style=", "innerHTML"]
    {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("content=\"default-src 'none'; style-src 'sha256-"));
}

/// What the policy allows is what stands in the page, and neither ends before its element does.
#[test]
fn style_and_script_stand_in_the_page_as_they_are() {
    let page = page(&ProfileBuilder::new().build());
    assert!(page.contains(&format!("<style>{STYLE}</style>")) && !STYLE.contains("</"));
    assert!(page.contains(&format!("<script>{SCRIPT}</script>")) && !SCRIPT.contains("</script"));
}

#[test]
fn what_nobody_sees_is_left_out_and_counted() {
    let few: String = (0..50).map(|n| format!("main;f{n} 1\n")).collect();
    let profile = ProfileBuilder::new().folded(&format!("main;large 3000000\n{few}")).build();
    let flame = &data_of(&page(&profile))["flames"][0];
    assert_eq!(numbers(&flame["value"]), [3_000_050, 3_000_050, 3_000_000]);
    assert_eq!(numbers(&flame["table"]["total"]), [3_000_000, 3_000_050]);
    assert!(flame["left_out"].as_str().unwrap().starts_with("50 boxes and 50 functions left out"), "{flame}");
}

/// A recursion that is never left is as wide as all in each of its rows.
#[test]
fn the_deepest_rows_are_left_out_where_all_are_wide() {
    let path = vec!["f"; 150_000].join(";");
    let profile = ProfileBuilder::new().folded(&format!("{path} 5")).build();
    let flame = &data_of(&page(&profile))["flames"][0];
    let parents = numbers(&flame["parent"]);
    assert_eq!(parents.len(), 100_000);
    assert!(parents.iter().enumerate().skip(1).all(|(node, parent)| *parent == node as u64 - 1));
}

#[test]
fn a_run_without_anything_is_a_page_too() {
    let page = page(&ProfileBuilder::new().build());
    assert_eq!(data_of(&page)["flames"], serde_json::json!([]));
    assert!(page.contains("No calls between guest and host were recorded."));
    assert!(page.contains("The heap was not measured"));
    assert!(!page.contains("{{"));
}

#[test]
fn what_the_flame_graph_shows_is_told_where_it_is_not_all() {
    let profile = ProfileBuilder::new().folded("main;a 3000\nmain;b 5000").build();
    let query = CallTreeQuery {
        metric: Metric::Time,
        time: Some(0..3_000),
        inverted: true,
        ..CallTreeQuery::default()
    };
    let page = html(&profile, &query);
    assert!(
        page.contains(
            "shown from 0 ns to 3.00 µs of the run, where the metric is known in time, with callers"
        )
    );
    assert_eq!(data_of(&page)["flames"][0]["total"], 3_000);
}

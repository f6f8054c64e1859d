//! Pictures of panels, as they are offered.

use super::gui::{Window, server, showing};
use egui_kittest::kittest::{NodeT, Queryable};

impl Window {
    fn open_menu_of(&mut self, label: &str) {
        self.harness.get_by_label(label).click_secondary();
        self.settle();
    }

    fn offers(&self, label: &str) -> bool {
        let mut nodes = self.harness.query_all_by_label(label);
        nodes.next().is_some_and(|node| !node.accesskit_node().is_disabled())
    }
}

#[test]
fn each_tab_offers_pictures_of_its_panel() {
    for panel in ["Timeline", "Fragmentation", "Functions", "Output"] {
        let mut window = showing(server().build());
        window.open_menu_of(panel);
        for form in ["SVG", "PNG"] {
            assert!(window.offers(&format!("Picture of {panel} ({form})…")), "{panel} {form}");
        }
    }
}

/// Of several panels on screen it is the one that somebody is at.
#[test]
fn the_menu_offers_a_picture_of_the_panel_that_is_used() {
    let mut window = showing(server().build());
    let offered = |window: &mut Window| {
        window.click("File");
        window.click("Export");
        let all = ["Flame graph", "Functions", "Timeline"];
        let found = all.into_iter().find(|panel| window.offers(&format!("Picture of {panel} (PNG)…")));
        window.harness.key_press(egui::Key::Escape);
        window.harness.key_press(egui::Key::Escape);
        window.settle();
        found
    };
    assert_eq!(offered(&mut window), Some("Flame graph"));
    window.click("Filter functions");
    assert_eq!(offered(&mut window), Some("Functions"));
    window.click("Timeline");
    assert_eq!(offered(&mut window), Some("Timeline"));
}

#[test]
fn without_a_recording_there_is_nothing_to_take_a_picture_of() {
    let mut window = super::gui::window();
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::P);
    window.settle();
    window.harness.event(egui::Event::Text("picture".to_owned()));
    window.settle();
    assert!(!window.offers("Export: Picture of Flame graph (SVG)…"));
}

//! Each panel of one small made-up program as a picture, in `tests/images`: what is drawn, and where. `BLESS=1` draws them
//! anew; whoever does that looks at them.

use super::PictureFormat;
use crate::profile::{Profile, ProfileBuilder};
use crate::ui::App;
use crate::ui::command::{Command, ExportKind, Purpose};
use crate::ui::panels::PanelKind;
use crate::ui::places::Places;
use egui::{Context, Pos2, RawInput, Rect, vec2};
use std::path::Path;
use std::sync::Arc;

fn program() -> Profile {
    ProfileBuilder::new()
        .folded(
            "main@app.c:3;parse@app.c:10 500000
             main@app.c:3;parse@app.c:11;+push@vec.h:8;grow@vec.h:20 400000
             main@app.c:3;parse@app.c:11;+push@vec.h:9;[env.log] 600000
             main@app.c:5;walk@app.c:20;walk@app.c:20;+push@vec.h:8 300000
             main@app.c:5;walk@app.c:20;[engine] 100000
             main@app.c:5 200000",
        )
        .memory(2, Some(16))
        .data(1_024, 100)
        .grow(500_000, "main@app.c:3;parse@app.c:11;+push@vec.h:8", 2, 1, true)
        .grow(600_000, "main@app.c:3;parse@app.c:13", 3, 100, false)
        .alloc(100_000, "main@app.c:3;parse@app.c:11;+push@vec.h:8;malloc", 70_000, 9_000)
        .alloc(200_000, "main@app.c:3;parse@app.c:11;+push@vec.h:8;malloc", 90_200, 5_000)
        .alloc(700_000, "main@app.c:5;walk@app.c:20;malloc", 110_400, 40_000)
        .free(900_000, "main@app.c:6;free", 70_000)
        .crossings("main@app.c:3;parse@app.c:11;+push@vec.h:9;[env.log]", 12, 600_000, Some(240))
        .crossings("main@app.c:5;[env.now]", 40, 4_000, None)
        .export_calls("main", 1, 2_100_000)
        .executed("main@app.c:3;parse@app.c:11;+push@vec.h:8", 20, 320, 60)
        .executed("main@app.c:5;walk@app.c:20;walk@app.c:20", 7, 0, 14)
        .build()
}

fn picture_of(panel: PanelKind) -> String {
    let (ctx, folder) = (Context::default(), tempfile::tempdir().unwrap());
    let mut app = App::for_test(&ctx, Places::within(folder.path()));
    ctx.set_theme(egui::Theme::Dark);
    app.show_profile("program.wasm", Arc::new(program()));
    let id = app.state.documents.front().unwrap().id;
    let to = folder.path().join("picture.svg");
    let kind = ExportKind::Picture(panel, PictureFormat::Svg);
    app.commands.send(Command::Picked(Purpose::Export(id, kind), to.clone()));
    for frame in 0..20 {
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0)));
        let input = RawInput { screen_rect, time: Some(f64::from(frame) / 60.0), ..RawInput::default() };
        let mut output = ctx.run_ui(input, |ui| app.draw(ui));
        // There is no graphics card to give them to.
        output.textures_delta.clear();
    }
    std::fs::read_to_string(to).unwrap()
}

fn check(panel: PanelKind) {
    let name = format!("{}.svg", panel.title().to_lowercase().replace(' ', "-"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images").join(&name);
    let found = picture_of(panel);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == found, "{name} differs; BLESS=1 draws it anew");
}

#[test]
fn panels_look_as_they_did() {
    PanelKind::ALL.into_iter().for_each(check);
}

//! Where the panels are: groups of tabs that can be dragged, resized, closed and put back.

use crate::ui::panels::PanelKind;
use crate::ui::picture::Shot;
use egui::{Response, Ui, WidgetText};
use egui_tiles::{
    Behavior, Container, Linear, LinearDir, SimplificationOptions, TileId, Tiles, Tree, UiResponse,
};
use serde::{Deserialize, Serialize};

/// In points.
pub const TAB_BAR_HEIGHT: f32 = 28.0;

/// The layout of the panels, which is remembered.
#[derive(Clone, Serialize, Deserialize)]
pub struct Dock {
    tree: Tree<PanelKind>,
    /// Where something was done last.
    #[serde(skip)]
    used: Option<PanelKind>,
}

impl Default for Dock {
    fn default() -> Self {
        Dock::arranged(Arrangement::Usual)
    }
}

/// How all panels are arranged, for a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrangement {
    /// The views of the whole run in a big group; what is behind the selection beside it.
    Usual,
    /// Flame graph over timeline.
    Time,
    /// Map over growth.
    Memory,
    /// Boundary over timeline.
    Boundary,
}

impl Arrangement {
    /// All of them, in the order of the menu.
    pub const ALL: [Arrangement; 4] =
        [Arrangement::Usual, Arrangement::Time, Arrangement::Memory, Arrangement::Boundary];

    /// What the menu calls it.
    pub const fn title(self) -> &'static str {
        match self {
            Arrangement::Usual => "Reset layout",
            Arrangement::Time => "For time",
            Arrangement::Memory => "For memory",
            Arrangement::Boundary => "For the boundary",
        }
    }

    /// What it shows.
    pub const fn about(self) -> &'static str {
        match self {
            Arrangement::Usual => "All panels where they were at first.",
            Arrangement::Time => "The flame graph over the timeline, functions and source beside them.",
            Arrangement::Memory => "The fragmentation map over memory growth, allocation sites beside them.",
            Arrangement::Boundary => "Calls between program and host over the timeline.",
        }
    }

    /// The groups of tabs in the big column, from the top; all other views are behind the first one.
    const fn views(self) -> (&'static [PanelKind], &'static [PanelKind]) {
        match self {
            Arrangement::Usual => (&[], &[]),
            Arrangement::Time => (&[PanelKind::Flame], &[PanelKind::Timeline]),
            Arrangement::Memory => (&[PanelKind::HeapMap], &[PanelKind::Growth]),
            Arrangement::Boundary => (&[PanelKind::Boundary], &[PanelKind::Timeline, PanelKind::Flame]),
        }
    }

    /// What stands beside, from the top.
    const fn side(self) -> [&'static [PanelKind]; 2] {
        use PanelKind::{Functions, Instructions, Output, Sites, Source};
        match self {
            Arrangement::Memory => [&[Sites, Functions], &[Source, Instructions, Output]],
            _ => [&[Functions, Sites], &[Source, Instructions, Output]],
        }
    }

    fn tree(self) -> Tree<PanelKind> {
        let mut tiles = Tiles::default();
        let mut tabs = |kinds: Vec<PanelKind>| {
            let panes = kinds.into_iter().map(|kind| tiles.insert_pane(kind)).collect();
            tiles.insert_tab_tile(panes)
        };
        let (first, below) = self.views();
        let others =
            PanelKind::VIEWS.into_iter().filter(|kind| !first.contains(kind) && !below.contains(kind));
        let mut views = vec![tabs(first.iter().copied().chain(others).collect())];
        if !below.is_empty() {
            views.push(tabs(below.to_vec()));
        }
        let side = self.side().map(|kinds| tabs(kinds.to_vec()));
        let views = match views[..] {
            [one] => one,
            _ => tiles.insert_vertical_tile(views),
        };
        let side = tiles.insert_vertical_tile(side.into());
        let mut root = Linear::new(LinearDir::Horizontal, vec![views, side]);
        root.shares.set_share(views, 0.64);
        root.shares.set_share(side, 0.36);
        let root = tiles.insert_container(Container::Linear(root));
        Tree::new(egui::Id::unique("panels"), root, tiles)
    }
}

impl Dock {
    const KEY: &'static str = "dock";

    /// All panels, arranged so.
    pub fn arranged(arrangement: Arrangement) -> Dock {
        Dock { tree: arrangement.tree(), used: None }
    }

    /// The remembered layout, if every panel of this version is in it.
    pub fn load(storage: Option<&dyn eframe::Storage>) -> Dock {
        let stored = storage.and_then(|storage| eframe::get_value::<Dock>(storage, Self::KEY));
        let whole = |dock: &Dock| PanelKind::ALL.iter().all(|kind| dock.tile(*kind).is_some());
        stored.filter(whole).unwrap_or_default()
    }

    /// Remembers the layout.
    pub fn save(&self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, Self::KEY, self);
    }

    /// Is the panel anywhere on screen, be it behind another tab?
    pub fn is_shown(&self, kind: PanelKind) -> bool {
        self.tile(kind).is_some_and(|tile| self.tree.is_visible(tile))
    }

    /// Shows or hides the panel.
    pub fn toggle(&mut self, kind: PanelKind) {
        if let Some(tile) = self.tile(kind) {
            self.tree.tiles.toggle_visibility(tile);
        }
    }

    /// Brings the panel to the front of its group.
    pub fn show(&mut self, kind: PanelKind) {
        if let Some(tile) = self.tile(kind) {
            self.tree.set_visible(tile, true);
            self.tree.make_active(|id, _| id == tile);
            self.used = Some(kind);
        }
    }

    /// Is the panel on screen, and not behind another tab?
    pub fn is_seen(&self, kind: PanelKind) -> bool {
        self.tile(kind).is_some_and(|tile| self.tree.active_tiles().contains(&tile))
    }

    /// The panel that somebody is at: of those that are seen the one that was used last, or else the first.
    pub fn front(&self) -> PanelKind {
        let used = self.used.filter(|kind| self.is_seen(*kind));
        let first = || PanelKind::ALL.into_iter().find(|kind| self.is_seen(*kind));
        used.or_else(first).unwrap_or(PanelKind::Flame)
    }

    /// Draws the panels. What `wanted` painted is the answer, if it is seen.
    pub fn ui(&mut self, ui: &mut Ui, wanted: Option<PanelKind>, draw: &mut Draw<'_>) -> Option<Shot> {
        let mut drawing = Drawing { draw, wanted, shot: None, used: self.used };
        self.tree.ui(&mut drawing, ui);
        self.used = drawing.used;
        drawing.shot
    }

    fn tile(&self, kind: PanelKind) -> Option<TileId> {
        self.tree.tiles.find_pane(&kind)
    }
}

/// What a panel has to show.
pub enum Part {
    /// The panel.
    Content,
    /// The menu of its tab.
    Menu,
}

type Draw<'a> = dyn FnMut(&mut Ui, PanelKind, Part) + 'a;

struct Drawing<'a, 'b> {
    draw: &'a mut Draw<'b>,
    wanted: Option<PanelKind>,
    shot: Option<Shot>,
    used: Option<PanelKind>,
}

impl Behavior<PanelKind> for Drawing<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, kind: &mut PanelKind) -> UiResponse {
        let (frame, layer) = (ui.max_rect(), ui.layer_id());
        let painted = Shot::painted(ui.ctx(), layer);
        let fill = ui.visuals().panel_fill;
        ui.painter().rect_filled(frame, 0.0, fill);
        egui::Frame::new().inner_margin(egui::Margin::same(8)).show(ui, |ui| {
            ui.set_clip_rect(ui.max_rect().expand(4.0).intersect(ui.clip_rect()));
            (self.draw)(ui, *kind, Part::Content);
        });
        if self.wanted == Some(*kind) {
            self.shot = Some(Shot::of(ui.ctx(), layer, frame, painted));
        }
        let is_pressed = ui.input(|input| input.pointer.any_pressed());
        if is_pressed && ui.rect_contains_pointer(frame) {
            self.used = Some(*kind);
        }
        UiResponse::None
    }

    fn on_tab_button(&mut self, tiles: &mut Tiles<PanelKind>, tile: TileId, button: Response) -> Response {
        if let Some(kind) = tiles.get_pane(&tile).copied() {
            if button.clicked() {
                self.used = Some(kind);
            }
            button.context_menu(|ui| (self.draw)(ui, kind, Part::Menu));
        }
        button
    }

    fn tab_title_for_pane(&mut self, kind: &PanelKind) -> WidgetText {
        kind.title().into()
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..Default::default() }
    }

    fn is_tab_closable(&self, _tiles: &Tiles<PanelKind>, _tile: TileId) -> bool {
        false
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        TAB_BAR_HEIGHT
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        3.0
    }

    fn min_size(&self) -> f32 {
        120.0
    }
}

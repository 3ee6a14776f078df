use super::*;

#[test]
fn colours_are_those_of_shields() {
    let color = |tenths| Badge::new(tenths).color();
    let all = [1000, 900, 899, 800, 799, 700, 699, 600, 599, 400, 399, 0];
    let got: Vec<_> = all.into_iter().map(|t| color(Some(t))).collect();
    assert_eq!(
        got,
        [
            "brightgreen",
            "brightgreen",
            "green",
            "green",
            "yellowgreen",
            "yellowgreen",
            "yellow",
            "yellow",
            "orange",
            "orange",
            "red",
            "red"
        ]
    );
    assert_eq!(color(None), "lightgrey");
}

#[test]
fn every_form_shows_the_same() {
    let badge = Badge::new(Some(849));
    assert_eq!(badge.message(), "84/100");
    let url = "https://img.shields.io/badge/governance-84%2F100-green";
    assert_eq!(badge.static_url(), url);
    assert_eq!(badge.markdown(), format!("![governance: 84/100]({url})"));
    let endpoint: serde_json::Value = serde_json::from_str(&badge.endpoint()).unwrap();
    let want = serde_json::json!({"schemaVersion": 1, "label": "governance", "message": "84/100", "color": "green"});
    assert_eq!(endpoint, want);
    assert!(badge.svg().contains("aria-label=\"governance: 84/100\""));
    let none = Badge::new(None);
    assert_eq!(
        none.static_url(),
        "https://img.shields.io/badge/governance-n%2Fa-lightgrey"
    );
}

#[test]
fn names_are_escaped_as_shields_wants_it() {
    assert_eq!(escaped("a-b_c d%/é"), "a--b__c%20d%25%2F%C3%A9");
}

#[test]
fn the_image_is_accessible_and_fits() {
    insta::assert_snapshot!(Badge::new(Some(843)).svg(), @r##"
    <svg xmlns="http://www.w3.org/2000/svg" width="125" height="20" role="img" aria-label="governance: 84/100">
    <title>governance: 84/100</title>
    <linearGradient id="s125" x2="0" y2="100%"><stop offset="0" stop-color="#bbb" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/></linearGradient>
    <clipPath id="r125"><rect width="125" height="20" rx="3" fill="#fff"/></clipPath>
    <g clip-path="url(#r125)"><rect width="75" height="20" fill="#555"/><rect x="75" width="50" height="20" fill="#97ca00"/><rect width="125" height="20" fill="url(#s125)"/></g>
    <g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" text-rendering="geometricPrecision" font-size="110">
    <text aria-hidden="true" x="375" y="150" fill="#010101" fill-opacity=".3" transform="scale(.1)" textLength="641">governance</text><text x="375" y="140" transform="scale(.1)" fill="#fff" textLength="641">governance</text>
    <text aria-hidden="true" x="1000" y="150" fill="#010101" fill-opacity=".3" transform="scale(.1)" textLength="400">84/100</text><text x="1000" y="140" transform="scale(.1)" fill="#fff" textLength="400">84/100</text>
    </g>
    </svg>
    "##);
    let wide = |tenths| {
        let svg = Badge::new(tenths).svg();
        let width = svg.split("width=\"").nth(1).unwrap();
        width.split('"').next().unwrap().parse::<u32>().unwrap()
    };
    assert!(wide(Some(0)) < wide(Some(500)) && wide(Some(500)) < wide(Some(1000)));
}

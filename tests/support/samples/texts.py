"""Know the invented texts of marketing, selling and service."""

SELLERS = {
    "salesperson": "Lena Hofer",
    "jonas.berg": "Jonas Berg",
    "clara.moreau": "Clara Moreau",
    "paolo.conti": "Paolo Conti",
    "aisha.khan": "Aisha Khan",
}
ANSWERS = {
    "Interested": "Would like to know more",
    "Not Interested": "Does not need it at present",
    "Do Not Send Marketing Materials": "Wants no more mail of this kind",
}
CAMPAIGN_STEPS = (
    # subject, kind, days it takes
    ("Choose whom to write to", "Target Marketing List Creation", 6),
    ("Write texts and pages", "Content Preparation", 10),
    ("Send the invitation", "Content Distribution", 5),
    ("Call those who answered", "Direct Follow-Up Contact", 12),
)
LISTS_OF_CAMPAIGNS = {
    "spring_trade_fairs": ("visitors_of_trade_fairs", "plant_managers"),
    "energy_savings_webinar_series": ("energy_managers",),
    "partner_newsletter": ("newsletter",),
    "predictive_maintenance_launch": ("plant_managers", "newsletter"),
    "food_safety_mailing": ("food_and_drink",),
    "reactivation_of_old_leads": ("leads_of_last_year",),
}
FEEDBACK = {
    5: ("Solved within the hour", "Friendly, quick, and it still works."),
    4: ("Good help", "It took two calls, then all was well."),
    3: ("It works again", "I would have liked to hear in between how it goes."),
    2: ("Took too long", "We waited a week for a part of ten euro."),
    1: ("Had to ask three times", "Everyone I spoke to began from the start."),
}
ARTICLES = (
    # title, subject, keywords, text
    (
        "Bring a gateway back after an update",
        "gateways",
        "offline, update, restart, red light",
        "<p>The gateway shows a red light and no values arrive.</p><ol>"
        "<li>Take it off the mains for a minute.</li>"
        "<li>Hold the button for ten seconds while it starts.</li>"
        "<li>Wait until the light is green: this takes up to five minutes.</li></ol>"
        "<p>If it stays red, send us the number below the code on its back.</p>",
    ),
    (
        "Choose an antenna for outdoors",
        "products",
        "antenna, outdoors, range",
        "<p>Up to 300 m in the open the short antenna is enough. Behind steel or "
        "concrete take the long one, and mount it at least one metre from metal.</p>",
    ),
    (
        "Change the address on invoices",
        "invoices",
        "invoice, address, tax number",
        "<p>Change the billing address of the account first. Invoices that are sent "
        "already are cancelled and written anew; ask accounting to do it.</p>",
    ),
    (
        "Export the values of a month",
        "software",
        "export, spreadsheet, report",
        "<p>Open the report, choose the month and press Export. A file of more than "
        "100,000 values is sent to you by e-mail.</p>",
    ),
    (
        "Get a calibration certificate",
        "sensors",
        "calibration, certificate, audit",
        "<p>Certificates of sensors from 2019 on are in the portal under the serial "
        "number. For older ones calibration takes a week and is charged.</p>",
    ),
    (
        "Make batteries last longer",
        "sensors",
        "battery, interval, winter",
        "<p>A sensor that measures each minute lasts for eight months, one that "
        "measures each quarter of an hour for four years. Below zero degrees count "
        "on half of it.</p>",
    ),
    (
        "Mount a sensor so that values do not jump",
        "sensors",
        "values jump, night, mounting, cable",
        "<p>Keep two metres from motors and their cables. If values jump at night "
        "only, look for lamps or compressors that start at that hour.</p>",
    ),
    (
        "Report a wrong quantity",
        "delivery",
        "delivery, quantity, missing",
        "<p>Send a picture of the label within five days. We deliver what is missing "
        "on the next working day.</p>",
    ),
    (
        "Add users to the portal",
        "software",
        "user, portal, rights",
        "<p>Who is administrator of your company opens Settings, Users, and invites "
        "people by e-mail. An invitation holds for a week.</p>",
    ),
    (
        "Plan a training for new staff",
        "training",
        "training, dates, on site",
        "<p>Trainings on site are for up to eight people. Ask four weeks before; "
        "dates in January and August are free most of the time.</p>",
    ),
    (
        "Alarms by text message",
        "software",
        "alarm, late, text message",
        "<p>Alarms by e-mail may take minutes. Give a mobile number for those that "
        "must be there at once.</p>",
    ),
    (
        "Pair a sensor with a second gateway",
        "gateways",
        "pairing, second gateway, range",
        "<p>A draft: to be completed with pictures.</p>",
    ),
)

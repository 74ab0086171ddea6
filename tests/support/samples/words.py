"""Know the invented people, companies and things that the demonstration speaks of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """Where a company may be: how its people are named and reached."""

    name: str
    territory: str
    price_list: str
    dial: str
    cities: tuple[tuple[str, str], ...]
    """City and postal code."""
    streets: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]


COUNTRIES = {
    country.name: country
    for country in (
        Country(
            "Greece",
            "south",
            "retail",
            "+30 210",
            (("Αθήνα", "105 57"), ("Θεσσαλονίκη", "546 24"), ("Πάτρα", "262 21")),
            ("Οδός Ερμού", "Λεωφόρος Νίκης", "Οδός Αγίου Ανδρέου"),
            ("Ελένη", "Νίκος", "Μαρία", "Γιώργος", "Σοφία"),
            ("Παππά", "Αλεξίου", "Δήμου", "Καρρά", "Βασιλείου"),
        ),
        Country(
            "Bulgaria",
            "east",
            "retail",
            "+359 2",
            (("София", "1000"), ("Пловдив", "4000"), ("Варна", "9000")),
            ("ул. Иван Вазов", "бул. Марица", "ул. Шипка"),
            ("Мария", "Георги", "Елена", "Димитър", "Ивайла"),
            ("Петрова", "Иванов", "Стоянова", "Колев", "Димова"),
        ),
        Country(
            "Japan",
            "overseas",
            "us",
            "+81 52",
            (("名古屋市", "460-0008"), ("大阪市", "530-0001"), ("札幌市", "060-0001")),
            ("栄", "梅田", "北一条西"),
            ("陽子", "健太", "美咲", "大輔", "直樹"),
            ("佐野", "高木", "村井", "小川", "石田"),
        ),
        Country(
            "South Korea",
            "overseas",
            "us",
            "+82 2",
            (("서울", "04524"), ("부산", "48058")),
            ("세종대로", "해운대로"),
            ("지은", "민수", "서연", "준호"),
            ("한", "오", "백", "남"),
        ),
        Country(
            "United Arab Emirates",
            "overseas",
            "us",
            "+971 4",
            (("دبي", "00000"), ("الشارقة", "00000")),
            ("شارع الشيخ زايد", "شارع الوحدة"),
            ("ليلى", "سامي", "نور", "كريم"),
            ("حداد", "النجار", "منصور", "الخطيب"),
        ),
        Country(
            "Switzerland",
            "dach",
            "ch",
            "+41 44",
            (("Winterthur", "8400"), ("Biel/Bienne", "2502"), ("Lausanne", "1003")),
            ("Marktgasse", "Rue du Lac", "Industriestrasse"),
            ("Reto", "Céline", "Urs", "Noëmi", "Beat"),
            ("Zbinden", "Rochat", "Häfliger", "Aebischer", "Chappuis"),
        ),
        Country(
            "United Kingdom",
            "north",
            "uk",
            "+44 161",
            (("Manchester", "M1 2WD"), ("Leeds", "LS1 4AP"), ("Cardiff", "CF10 1EP")),
            ("Canal Street", "Mill Lane", "Station Road"),
            ("Harriet", "Owen", "Priya", "Callum", "Bethan"),
            ("Whitlock", "Pritchard", "Sandhu", "Farrow", "Ellery"),
        ),
    )
}

# Companies beside those of the first files: label, name, Latin name, country, industry,
# employees, revenue in millions, domain.
COMPANIES = (
    ("aiolos", "Αίολος Ενέργεια Α.Ε.", "Aiolos Energia", "Greece", 31, 340, 58),
    ("thalassa", "Θάλασσα Τρόφιμα Α.Ε.", "Thalassa Trofima", "Greece", 17, 120, 19),
    ("maritsa", "Марица Хидравлика ООД", "Maritsa Hydravlika", "Bulgaria", 12, 210, 24),
    ("rodopi", "Родопи Млекарна АД", "Rodopi Mlekarna", "Bulgaria", 17, 95, 8),
    ("midori", "みどり製作所株式会社", "Midori Seisakusho", "Japan", 12, 880, 190),
    ("hokuto", "北斗冷蔵株式会社", "Hokuto Reizo", "Japan", 30, 260, 41),
    ("hanbit", "한빛식품 주식회사", "Hanbit Sikpum", "South Korea", 17, 540, 96),
    (
        "nakheel",
        "شركة النخلة للمياه",
        "Nakhla Water",
        "United Arab Emirates",
        31,
        430,
        88,
    ),
    ("seeblick", "Seeblick Käserei AG", "Seeblick", "Switzerland", 17, 85, 14),
    ("jurafab", "Jurafab Mécanique SA", "Jurafab", "Switzerland", 12, 310, 52),
    ("peverell", "Peverell Breweries Ltd.", "Peverell", "United Kingdom", 17, 150, 22),
    (
        "kingsmoor",
        "Kingsmoor Cold Chain Ltd.",
        "Kingsmoor",
        "United Kingdom",
        30,
        600,
        74,
    ),
)

LATIN_FIRST = ("alex", "maria", "kim", "noor", "sam", "eli", "mika", "rene")

JOBS = (
    ("Plant manager", "Decision Maker"),
    ("Head of purchasing", "Decision Maker"),
    ("Energy manager", "Influencer"),
    ("Maintenance engineer", "Employee"),
    ("Quality manager", "Influencer"),
    ("IT manager", "Influencer"),
    ("Managing director", "Decision Maker"),
    ("Facility manager", "Employee"),
)

SOLUTIONS = (
    ("Condition monitoring of pumps", ("as_130", "ag_220", "sw_200", "sv_100")),
    ("Warehouse climate", ("as_100", "as_110", "ag_200", "sw_100")),
    ("Tank level monitoring", ("as_160", "ag_210", "sw_200", "sv_110")),
    ("Compressor monitoring", ("as_120", "as_130", "ag_300", "sw_410")),
    ("Energy dashboard", ("as_170", "ag_200", "sw_300", "sv_300")),
    ("Air quality in offices", ("as_180", "as_110", "ag_200", "sw_100")),
    ("Compliance reports for food safety", ("as_100", "as_101", "sw_430", "sv_110")),
    ("Leak detection", ("as_140", "as_190", "ag_220", "sw_410")),
    ("Cold chain supervision", ("as_101", "ag_230", "sw_430", "sv_400")),
    ("Predictive maintenance", ("as_130", "ag_300", "sw_420", "sv_300")),
    ("Cloud upgrade", ("sw_200", "sv_100", "ag_310")),
    ("Extension of the second hall", ("as_100", "as_120", "aa_040", "ag_210")),
    ("Water meter roll-out", ("as_190", "ag_230", "aa_020", "sw_200")),
    ("Training for maintenance staff", ("sv_200", "sv_210")),
)

# Product number, name, kind, unit group, unit, price, cost, subject, stock, state.
NEW_PRODUCTS = (
    ("as_101", "Aurelia food probe T101", "pieces", "piece", 64, 25, "sensors", 410),
    ("as_170", "Aurelia current clamp C170", "pieces", "piece", 88, 37, "sensors", 620),
    ("as_180", "Aurelia CO₂ sensor A180", "pieces", "piece", 129, 55, "sensors", 300),
    ("as_190", "Aurelia water meter W190", "pieces", "piece", 210, 96, "sensors", 275),
    ("ag_230", "Gateway G230 solar", "pieces", "piece", 890, 430, "gateways", 64),
    ("ag_310", "Edge computer E310", "pieces", "piece", 1990, 1040, "gateways", 38),
    ("aa_040", "Cable set 10 m", "pieces", "piece", 24, 8, "products", 1430),
    ("aa_050", "Protective housing IP67", "pieces", "piece", 42, 17, "products", 512),
    ("aa_060", "Battery pack, 5 years", "pieces", "piece", 19, 7, "products", 2210),
    ("sw_430", "Food safety module", "term", "month", 89, 9, "software", None),
    ("sw_440", "Energy report module", "term", "month", 69, 7, "software", None),
    ("sw_450", "Interface to your ERP", "term", "month", 120, 15, "software", None),
    ("sv_210", "Training online", "time", "hour", 120, 48, "training", None),
    ("sv_310", "Site survey", "time", "day", 980, 470, "training", None),
    ("sv_410", "On-call service", "term", "month", 390, 150, "training", None),
)

CASES = (
    ("Alarm arrives too late", "Problem", "software", "sw_410"),
    ("Battery drains too fast", "Problem", "sensors", "as_100"),
    ("Calibration certificate needed", "Request", "sensors", "as_120"),
    ("Gateway is offline after update", "Problem", "gateways", "ag_210"),
    ("How do I export the last month?", "Question", "software", "sw_200"),
    ("Invoice has the old address", "Request", "invoices", ""),
    ("Please add two users", "Request", "software", "sw_200"),
    ("Sensor shows no values", "Problem", "sensors", "as_110"),
    ("Training date for new staff", "Request", "training", "sv_200"),
    ("Values jump at night", "Problem", "sensors", "as_130"),
    ("Which antenna fits outdoors?", "Question", "products", "aa_020"),
    ("Wrong quantity delivered", "Problem", "delivery", ""),
    ("Dashboard is slow in the morning", "Problem", "software", "sw_300"),
    ("Report shows the wrong time zone", "Problem", "software", "sw_440"),
    ("Mounting drawing for the bracket", "Question", "products", "aa_010"),
    ("Delivery date moved twice", "Problem", "delivery", ""),
)

CASE_TEXTS = (
    "Since Monday, in two of five halls. The others are fine.",
    "Happens about once a day; a restart helps for some hours.",
    "The customer needs it for the audit at the end of the month.",
    "Sent photos of the installation and the last log.",
    "Asked for a call back after 2 p.m.",
    "Third report from this site; check whether they belong together.",
)

TASKS = {
    "opportunity": (
        "Ask for the site plan",
        "Send references",
        "Prepare the demo",
        "Order samples",
        "Send the revised offer",
        "Follow up after the visit",
        "Clarify the budget",
        "Agree on terms with purchasing",
        "Draw the network plan",
    ),
    "incident": (
        "Look into the log",
        "Send a replacement",
        "Ask development",
        "Confirm with the customer",
        "Write the answer for the knowledge base",
    ),
    "account": (
        "Check delivery dates",
        "Update the contact persons",
        "Prepare the annual review",
    ),
    "lead": ("Find out who decides", "Send the brochure", "Check the web site"),
}

CALLS = {
    "opportunity": (
        "Agree on a date",
        "Questions on delivery",
        "Price discussion",
        "Feedback on the demo",
        "Who else should see the offer?",
    ),
    "incident": ("Walk through the settings", "Status of the case", "Is it solved?"),
    "account": ("Is everything running?", "Renewal of the contract"),
    "lead": ("First call", "Call back on the web enquiry"),
}

CALL_TEXTS = (
    "Friendly call. Wants the numbers by Friday.",
    "Did not reach anyone; left a message.",
    "Interested, but the budget is decided in the next quarter.",
    "Compares us with two others. Price is not the first question.",
    "Asked for a reference in the same industry.",
    "All good; next talk in four weeks.",
)

MEETINGS = (
    ("Online demo", "Online", 60),
    ("Workshop on requirements", "", 180),
    ("Site visit", "", 120),
    ("Negotiation", "Online", 60),
    ("Quarterly review", "Online", 90),
    ("Installation planning", "", 90),
)

MAILS = (
    (
        "Your offer",
        "<p>Good day,</p><p>as agreed you will find our offer attached.</p>",
    ),
    (
        "Summary of our talk",
        "<p>Thank you for your time. In short: a pilot in one hall, then the rest.</p>",
    ),
    ("Data sheets", "<p>Here are the data sheets you asked for.</p>"),
    ("Dates for the installation", "<p>We suggest the second week of next month.</p>"),
    (
        "Re: question on the gateway",
        "<p>Both antennas fit; outdoors we recommend the long one.</p>",
    ),
    (
        "Answer to your request",
        "<p>We found the cause and sent an update to your gateway.</p>",
    ),
)

NOTES = (
    (
        "Meeting notes",
        "Prefers a pilot in one hall first. Decision by the board in spring.",
    ),
    (
        "Technical details",
        "24 V at all machines, no network cable in hall B; cellular gateway needed.",
    ),
    ("Background", "Grew by a third last year; a new site is planned."),
    ("Competition", "Has an older system in use; unhappy with the support."),
    ("Terms", "Payment terms as last year; asks for a framework agreement."),
    ("Contact", "Best reached before ten. On leave for two weeks in summer."),
    ("Installation", "Access only with a safety briefing; book two days ahead."),
)

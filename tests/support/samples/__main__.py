"""Write the demonstration's files anew."""

from random import Random

from tests.support.samples import activity, deals, marketing, masters, selling, service
from tests.support.samples.table import read

SEED = 2026


def main() -> None:
    """Write them; each part has a draw of its own, so a change of one stays there."""
    products = masters.products()
    companies = masters.accounts(Random(SEED))
    people = masters.contacts(Random(SEED + 1), companies)
    campaigns = deals.running(read("20_campaign.csv"))
    leads = deals.leads(Random(SEED + 2), campaigns)
    qualified = [row for row in leads if row["statuscode"] == "Qualified"]
    found = deals.opportunities(
        Random(SEED + 3), companies, people, products, qualified, campaigns
    )
    deals.documents(Random(SEED + 4), found)
    cases = activity.cases(Random(SEED + 5), companies, people)
    about = activity.subjects(companies, found, leads, cases)
    activity.tasks(Random(SEED + 6), about)
    activity.calls(Random(SEED + 7), about, companies)
    activity.meetings(Random(SEED + 8), about, companies, people)
    activity.mails(Random(SEED + 9), about, people)
    activity.notes(Random(SEED + 10), about)
    marketing.lists(Random(SEED + 11), people, leads)
    marketing.steps(Random(SEED + 12), campaigns)
    marketing.responses(Random(SEED + 13), campaigns, people)
    marketing.links_of_lists()
    selling.competitors(Random(SEED + 14), found)
    selling.stakeholders(Random(SEED + 15), found, people)
    selling.goals(found)
    service.contracts(Random(SEED + 16), companies)
    service.articles(Random(SEED + 17), cases)
    service.feedback(Random(SEED + 18), cases)


if __name__ == "__main__":
    main()

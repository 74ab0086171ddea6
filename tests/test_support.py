"""The fixtures themselves work."""

import sqlalchemy as sa
from playwright.sync_api import Browser


def test_each_database_is_empty_and_takes_a_table(database_url: str) -> None:
    table = sa.Table("thing", sa.MetaData(), sa.Column("id", sa.Integer))
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.schema.CreateTable(table))
    engine.dispose()


def test_a_second_database_is_empty_too(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()


def test_the_browser_shows_a_page(browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content("<title>shown</title>")
        assert page.title() == "shown"

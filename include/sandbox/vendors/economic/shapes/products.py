"""How the classic family of e-conomic writes products, their groups and units."""

from __future__ import annotations

from sandbox.books import products

from .links import Row, link


def product(item: products.Product, base: str) -> Row:
    """A product; what is absent is left out, `barred` is not, as the vendor's answers show."""
    own = f"{base}/products/{item.number}"
    found: Row = {
        "productNumber": item.number,
        "name": item.name,
        "description": item.description,
        "salesPrice": item.price / 100,
        "recommendedPrice": item.price / 100,
        "costPrice": None if item.cost is None else item.cost / 100,
        "barCode": item.bar_code,
        "barred": item.is_barred,
        "lastUpdated": item.last_updated,
        "productGroup": link(base, "product-groups", item.group, productGroupNumber=item.group),
    }
    if item.unit is not None:
        found["unit"] = link(base, "units", item.unit, unitNumber=item.unit)
    if item.group == products.GOODS:
        found["inventory"] = {
            "available": 12.0,
            "inStock": 15.5,
            "orderedByCustomers": 3.5,
            "orderedFromSuppliers": 0.0,
        }
    if item.department is not None:
        found["departmentalDistribution"] = link(
            base, "departmental-distributions/departments", item.department,
            departmentalDistributionNumber=item.department, distributionType="department",
        )  # fmt: skip
    found["invoices"] = {"drafts": f"{own}/invoices/drafts", "booked": f"{own}/invoices/booked"}
    found["pricing"] = {
        "currencySpecificSalesPrices": f"{own}/pricing/currency-specific-sales-prices"
    }
    found["self"] = own
    return {name: value for name, value in found.items() if value is not None}


def product_group(item: products.ProductGroup, base: str) -> Row:
    own = f"{base}/product-groups/{item.number}"
    found: Row = {
        "productGroupNumber": item.number,
        "name": item.name,
        "inventoryEnabled": item.has_stock,
        "salesAccounts": f"{own}/sales-accounts",
        "products": f"{own}/products",
    }
    if item.is_accrued:
        found["accrual"] = link(base, "accounts", 5600, accountNumber=5600)
    return {**found, "self": own}


def unit(item: products.Unit, base: str) -> Row:
    return link(
        base, "units", item.number, unitNumber=item.number, name=item.name,
        products=f"{base}/units/{item.number}/products",
    )  # fmt: skip
